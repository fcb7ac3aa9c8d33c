// Checker: walks one object along its tables and collects what is wrong; what the rules of single types call.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "stix/document.h"
#include "stix/types.h"
#include "stix/validate.h"

namespace tocsin::stix {

class Checker {
 public:
  Checker(const Document& document, std::string_view path, ValidateOptions options, Findings& findings)
      : document_(document), path_(path), options_(options), findings_(findings) {}

  // The object at `object`: its type's table, or what is common to all where the type is not of the standard.
  void check_object(NodeIndex object);
  void check_bundle(NodeIndex bundle);
  void check_frame(NodeIndex bundle);  // without its objects

  const Document& document() const { return document_; }
  bool has(NodeIndex object, std::string_view name) const { return document_.find(object, name) != no_node; }

  template <class... Values>
  void error(ProblemCode code, NodeIndex at, fmt::format_string<Values...> text, Values&&... values) {
    add(true, code, at, fmt::format(text, std::forward<Values>(values)...));
  }
  template <class... Values>
  void warning(ProblemCode code, NodeIndex at, fmt::format_string<Values...> text, Values&&... values) {
    if (options_.warnings) {
      add(false, code, at, fmt::format(text, std::forward<Values>(values)...));
    }
  }
  bool warns() const { return options_.warnings; }

  // The value as a message shows it: cut, without control characters.
  std::string shown(NodeIndex at) const;
  static std::string shown(std::string_view text);

  void check_shape(NodeIndex object, const Shape& shape);

 private:
  void add(bool must, ProblemCode code, NodeIndex at, std::string message);
  void check_names_and_texts(NodeIndex root);
  void check_properties(NodeIndex object, std::span<const Property> common, const Shape* shape, bool open);
  bool announces_type(NodeIndex object) const;
  void check_not_empty(NodeIndex at);
  void check_property(NodeIndex at, const Property& property);
  void check_value(NodeIndex at, const Property& property);
  void check_number(NodeIndex at, const Property& property);
  void check_timestamp(NodeIndex at, bool milliseconds);
  void check_identifier(NodeIndex at, std::string_view types);
  void check_word(NodeIndex at, const Property& property);
  void check_hashes(NodeIndex at);
  void check_dictionary(NodeIndex at);
  void check_extensions(NodeIndex at);
  void check_custom(NodeIndex at, bool announced);
  void check_orders(NodeIndex object, std::span<const Order> orders);
  void check_own_identifier(NodeIndex object, std::string_view type, const Shape* shape, ObjectKind kind);
  void check_selectors(NodeIndex object);

  const Document& document_;
  std::string_view path_;
  ValidateOptions options_;
  Findings& findings_;
  std::string_view type_, id_;
};

}  // namespace tocsin::stix
