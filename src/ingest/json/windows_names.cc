#include "ingest/json/windows_names.h"

#include "base/text.h"

namespace tocsin::ingest::json {
namespace {

constexpr std::string_view attributes_suffix = "_attributes";

using Kind = WindowsPlace::Kind;

WindowsPlace element(Shape shape, EventPart part, std::string_view tag) { return {Kind::element, shape, part, tag}; }

void attribute_of(std::string_view tag, std::string_view name, WindowsKey& out, std::string& sigma) {
  out.has_name = attribute_field_name(tag, name, sigma);
  out.drop = !out.has_name;
}

// A key below an object that stands for an XML element.
WindowsKey below_element(const WindowsPlace& parent, std::string_view key, std::string& sigma) {
  WindowsKey out;
  const EventPart inner = content_part(parent.part, parent.tag);
  const bool in_system = parent.part == EventPart::system;
  if (key == "#attributes" || key == "@attributes") {
    out.place = {Kind::attributes, parent.shape, parent.part, parent.tag};
    out.system = in_system;
    return out;
  }
  if (key == "#text") {
    out.place = parent;
    element_field_name(parent.part, parent.tag, {}, sigma);
    out.has_name = true;
    out.system = in_system;
    out.leaf_of_parent = true;
    return out;
  }
  if (key.size() > 1 && key.front() == '@') {
    attribute_of(parent.tag, key.substr(1), out, sigma);
    out.place.shape = parent.shape;
    out.system = in_system;
    return out;
  }
  if (key.size() > attributes_suffix.size() && key.ends_with(attributes_suffix)) {
    out.place = {Kind::attributes, parent.shape, inner, key.substr(0, key.size() - attributes_suffix.size())};
    out.system = inner == EventPart::system;
    return out;
  }
  if (in_system) {
    // Velociraptor writes attributes as members: Provider.Name; EventID.Value is the number itself.
    out.place.shape = parent.shape;
    out.system = true;
    if (key == "Value") {
      element_field_name(parent.part, parent.tag, {}, sigma);
      out.has_name = true;
    } else {
      attribute_of(parent.tag, key, out, sigma);
    }
    return out;
  }
  out.place = element(parent.shape, inner, key);
  out.system = inner == EventPart::system;
  if (inner == EventPart::data) {
    // Keys are names of <Data>: blanks are dropped.
    element_field_name(inner, "Data", key, sigma);
    out.has_name = true;
  } else if (inner != EventPart::event && inner != EventPart::document) {
    element_field_name(inner, key, {}, sigma);
    out.has_name = true;
  }
  out.drop_null = !keeps_null(inner, key);
  return out;
}

WindowsKey at_top(std::string_view key) {
  WindowsKey out;
  out.place = {Kind::outside, Shape::none, EventPart::document, {}};
  if (key == "Event") {
    out.place = element(Shape::evtx_dump, EventPart::document, key);
  } else if (key == "System" || key == "EventData" || key == "UserData") {
    out.place = element(Shape::velociraptor, EventPart::event, key);
  } else if (key == "event_data" || key == "user_data") {
    out.place = element(Shape::winlogbeat_6, EventPart::event, "EventData");
  } else if (key == "winlog") {
    out.place = {Kind::outside, Shape::winlogbeat, EventPart::document, {}};
  } else {
    out.place.kind = Kind::none;
  }
  return out;
}

WindowsKey one_step(const WindowsPlace& parent, bool at_root, std::string_view key, std::string& sigma) {
  switch (parent.kind) {
    case Kind::element:
      return below_element(parent, key, sigma);
    case Kind::attributes: {
      WindowsKey out;
      out.place.shape = parent.shape;
      out.system = parent.part == EventPart::system;
      attribute_of(parent.tag, key.starts_with('@') ? key.substr(1) : key, out, sigma);
      return out;
    }
    case Kind::outside: {
      WindowsKey out;
      if (parent.shape == Shape::winlogbeat && (key == "event_data" || key == "user_data")) {
        out.place = element(Shape::winlogbeat, EventPart::event, "EventData");
      }
      return out;
    }
    case Kind::none:
      break;
  }
  return at_root ? at_top(key) : WindowsKey{};
}

}  // namespace

WindowsKey windows_key(const WindowsPlace& parent, bool at_root, std::string_view key, std::string& sigma) {
  sigma.clear();
  if (parent.kind == Kind::none && !at_root) {
    return {};
  }
  // A key may hold a whole path ("winlog.event_data.Image"); below EventData a dot belongs to the name.
  WindowsPlace place = parent;
  bool top = at_root;
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
    const bool splits = place.kind != Kind::attributes &&
                        !(place.kind == Kind::element && content_part(place.part, place.tag) == EventPart::data);
    if (!splits) {
      break;
    }
    const WindowsKey step = one_step(place, top, key.substr(0, dot), sigma);
    sigma.clear();
    if (step.place.kind == Kind::none) {
      return {};
    }
    place = step.place;
    top = false;
    key.remove_prefix(dot + 1);
  }
  return one_step(place, top, key, sigma);
}

std::string_view numbered_base(std::string_view key) {
  std::size_t at = key.size();
  while (at > 0 && ascii_digit(key[at - 1])) {
    --at;
  }
  if (at == key.size() || at < 2 || key[at - 1] != '_') {
    return {};
  }
  return key.substr(0, at - 1);
}

}  // namespace tocsin::ingest::json
