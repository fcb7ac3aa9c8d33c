// Places: which computer or installation a row belongs to, by the names that rows give and where the files lie.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::verdict {

// Names of computers. "EX1" and "ex1.corp.example" are one; "ex1.corp.example" and "ex1.other.example" are two.
class HostNames {
 public:
  // The number of this name; new names get the next one.
  std::uint32_t id(std::string_view name);
  // The number of a name that id() has met, or nothing.
  std::optional<std::uint32_t> find(std::string_view name) const;
  // As first written.
  const std::string& as_written(std::uint32_t id) const { return entries_[id].written; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string written;
    std::string full;  // lower case, with domain; empty while only the short name was seen
  };
  std::vector<Entry> entries_;
  std::map<std::string, std::uint32_t, std::less<>> by_short_;  // the first with this short name
  std::map<std::string, std::uint32_t, std::less<>> by_full_;
};

// The folder that holds a copy of a computer's disk, or a collection from it: what stands before the parts of a path
// that a disk has ("inetpub", "Program Files", "Windows", "Logging", …) or that hold exports. "a/b/inetpub/x" → "a/b".
std::string root_of(std::string_view path);

}  // namespace tocsin::verdict
