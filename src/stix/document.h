// Document: one JSON text as a flat list of values that keep their place in the author's bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json_reader.h"

namespace tocsin::stix {

struct Node {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  bool flawed = false;               // the name or the string holds half of a surrogate pair
  std::uint32_t parent = 0;          // of the root: itself
  std::uint32_t next = 0;            // behind the last value inside this one
  std::uint32_t position = 0;        // among its parent's items or members
  std::uint32_t count = 0;           // items or members
  std::uint32_t begin = 0, end = 0;  // in the text
  std::string_view name;             // in an object, without escapes
  std::string_view text;             // a string without escapes; a number as written
};

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex no_node = ~NodeIndex{0};

// Reusable, without new memory for texts that are no longer than earlier ones. Not thread-safe. Borrows the text.
class Document {
 public:
  // RFC 8259. Errors name the offset; limits::nesting_max, record_bytes_max and json_values_max hold.
  Result<void> parse(std::string_view text);

  std::string_view text() const { return text_; }
  const Node& operator[](NodeIndex at) const { return nodes_[at]; }
  std::size_t size() const { return nodes_.size(); }
  // The value as the author wrote it.
  std::string_view bytes(NodeIndex at) const {
    return text_.substr(nodes_[at].begin, nodes_[at].end - nodes_[at].begin);
  }

  // Items or members, in order: first(), then after() until no_node.
  NodeIndex first(NodeIndex parent) const { return nodes_[parent].count == 0 ? no_node : parent + 1; }
  NodeIndex after(NodeIndex at) const {
    const Node& node = nodes_[at];
    return node.position + 1 == nodes_[node.parent].count ? no_node : node.next;
  }
  // The member of that name; no_node where there is none or `object` is no object. Of duplicates the first.
  NodeIndex find(NodeIndex object, std::string_view name) const;
  // The text of a string member, or an empty one.
  std::string_view string(NodeIndex object, std::string_view name) const;
  // RFC 6901, from the root: "/external_references/0/url".
  std::string pointer(NodeIndex at) const;

 private:
  Result<void> read();
  std::string_view plain(std::string_view escaped, bool& flawed);

  wire::JsonReader reader_;
  std::string_view text_;
  std::vector<Node> nodes_;
  std::unique_ptr<char[]> unescaped_;
  std::size_t unescaped_room_ = 0, unescaped_used_ = 0;
};

}  // namespace tocsin::stix
