// ListWriter: what every reader of indicator lists does with an entry: refang, find its type, store it or say why not.
#pragma once

#include <string>
#include <string_view>

#include "rules/indicators/store.h"

namespace tocsin::rules {

class ListWriter {
 public:
  ListWriter(IndicatorStore& store, std::string list, std::string_view form, std::optional<Level> level);

  // What an entry carries besides its value.
  struct Details {
    std::string_view id = {}, title = {};
    Level level = Level::none;
    Time from = {}, until = {};
    bool only_itself = false;
  };

  // A value of one of these kinds. False (and nothing counted) where it is none of them.
  bool put(std::string_view written, std::uint32_t kinds, const Details& details);
  // An entry of a named type (squeezed; MISP's "a|b" for pairs of values). Counts it as given, and as loaded, rejected
  // or unsupported.
  void put_typed(std::string_view word, std::string_view written, const Details& details, std::uint64_t line);
  // A value whose form alone says what it is.
  bool put_plain(std::string_view written, const Details& details);

  void reject(std::string message, std::uint64_t line, std::string hint = {});
  void warn(Error error);
  void unsupported(std::string_view type);

  // Entries that follow come from another origin of the same list.
  std::uint32_t new_origin();
  void set_origin(std::uint32_t origin) { origin_ = origin; }
  IndicatorStore& store() { return store_; }

 private:
  bool put_part(std::string_view word, std::string_view written, const Details& details);

  IndicatorStore& store_;
  IndicatorOrigin prototype_;
  std::uint32_t origin_;
  std::size_t problems_ = 0;
  std::string refanged_, canonical_;
};

}  // namespace tocsin::rules
