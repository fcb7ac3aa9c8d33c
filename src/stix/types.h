// The object types of STIX 2.1 as tables: which properties a type has, and what each property's values must be.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace tocsin::stix {

struct Shape;

// What the values of a property are (section 2 of the standard).
enum class ValueKind : std::uint8_t {
  any,
  string,
  boolean,
  integer,
  number,
  timestamp,
  moment_of_version,  // a timestamp to the millisecond at least (section 3.2)
  identifier,         // `words`: the types that it may name
  open_vocabulary,    // `words`
  enumeration,        // `words`
  text_form,          // a string for which `form` holds; `words` says what it is to be
  hashes,
  dictionary,
  nested,      // an object with the properties of `shape`
  selectors,   // of granular markings
  extensions,  // section 7.3
};

struct Property {
  std::string_view name;
  ValueKind kind = ValueKind::any;
  bool required = false;
  bool list = false;
  bool deprecated = false;
  bool advice = false;  // text_form: only a SHOULD
  std::string_view words = {};
  bool (*form)(std::string_view) = nullptr;
  const Shape* shape = nullptr;
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();

  constexpr Property needed() const {
    Property copy = *this;
    copy.required = true;
    return copy;
  }
  constexpr Property listed() const {
    Property copy = *this;
    copy.list = true;
    return copy;
  }
  constexpr Property outdated() const {
    Property copy = *this;
    copy.deprecated = true;
    return copy;
  }
};

// One moment that must not be before another.
struct Order {
  std::string_view earlier, later;
  bool apart = false;  // nor at the same moment
};

enum class ObjectKind : std::uint8_t { domain, relationship, observable, meta, bundle, part };

class Checker;
using NodeIndex = std::uint32_t;

struct Shape {
  std::string_view name;
  ObjectKind kind = ObjectKind::part;
  std::span<const Property> properties;
  std::span<const Order> orders = {};
  bool at_least_one = false;                     // of its own properties
  std::string_view contributing = {};            // to the deterministic identifier of an observable (section 2.9)
  void (*rules)(Checker&, NodeIndex) = nullptr;  // what a table cannot say
  std::string_view section = {};
};

// The table of a type of the standard; nullptr for other types.
const Shape* find_type(std::string_view type);
// Whether it is one of the standard's own observables (section 6).
bool is_observable_type(std::string_view type);
// Properties that every object of a kind may have.
std::span<const Property> common_properties(ObjectKind kind, std::string_view type);
// An extension that section 6 itself defines for a type of observable ("ntfs-ext" of a file); nullptr for others.
const Shape* find_extension(std::string_view type, std::string_view extension);

// Whether a list of words apart by blanks holds one.
constexpr bool has_word(std::string_view words, std::string_view word) {
  for (std::size_t at = words.find(word); at != std::string_view::npos && !word.empty();
       at = words.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) {
      return true;
    }
  }
  return false;
}

}  // namespace tocsin::stix
