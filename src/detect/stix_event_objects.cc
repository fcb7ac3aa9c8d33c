#include "detect/stix_event_objects.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/text.h"
#include "stix/address_range.h"

namespace tocsin::detect {
namespace {

using stix::Value;
using stix::ValueKind;

enum class Slot : std::uint16_t {
#define STIX_SLOT(name, type) name,
#include "detect/stix_fields.def"
};

enum class Conversion : std::uint8_t {
  text,
  integer,
  name,
  folder,
  hash,
  hashes,
  address,
  protocols,
  key,
  value_key,
  value_name,
  login,
};

struct SetRow {
  std::string_view set, channel;
  std::uint32_t event_id;
};
struct SlotRow {
  std::string_view name, type;
};
struct LinkRow {
  Slot slot;
  std::string_view property;
  Slot target;
  bool makes;
};
struct FieldRow {
  std::string_view set, field;
  Slot slot;
  std::string_view path;
  Conversion conversion;
};

constexpr SetRow set_rows[] = {
#define STIX_SET(name, channel, event_id) {#name, channel, event_id},
#include "detect/stix_fields.def"
};
constexpr SlotRow slot_rows[] = {
#define STIX_SLOT(name, type) {#name, type},
#include "detect/stix_fields.def"
};
constexpr LinkRow link_rows[] = {
#define STIX_LINK(slot, property, target, makes) {Slot::slot, property, Slot::target, makes},
#include "detect/stix_fields.def"
};
constexpr FieldRow field_rows[] = {
#define STIX_FIELD(set, field, slot, path, conversion) {#set, field, Slot::slot, path, Conversion::conversion},
#include "detect/stix_fields.def"
};

bool set_applies(std::string_view set, const event::Event& event) {
  return set == "any" || std::any_of(std::begin(set_rows), std::end(set_rows), [&](const SetRow& row) {
           return row.set == set && (row.event_id == 0 || row.event_id == event.event_id) &&
                  (row.channel.empty() || ascii_iequals(row.channel, event.channel));
         });
}

std::size_t last_separator(std::string_view text) { return text.find_last_of("\\/"); }

// Section 6.17: the hive is written out. The kernel's own names are known too.
std::string_view hive_of(std::string_view path, std::size_t& length) {
  struct Row {
    std::string_view written, meant;
  };
  constexpr Row rows[] = {{"HKLM\\", "HKEY_LOCAL_MACHINE\\"},
                          {"HKU\\", "HKEY_USERS\\"},
                          {"HKCU\\", "HKEY_CURRENT_USER\\"},
                          {"HKCR\\", "HKEY_CLASSES_ROOT\\"},
                          {"\\REGISTRY\\MACHINE\\", "HKEY_LOCAL_MACHINE\\"},
                          {"\\REGISTRY\\USER\\", "HKEY_USERS\\"}};
  for (const Row& row : rows) {
    if (ascii_istarts_with(path, row.written)) {
      length = row.written.size();
      return row.meant;
    }
  }
  length = 0;
  return {};
}

constexpr std::string_view places[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

bool path_less(const StixEventObjects::Property& a, const StixEventObjects::Property& b) {
  if (a.slot != b.slot) {
    return a.slot < b.slot;
  }
  return std::lexicographical_compare(a.path.begin(), a.path.begin() + a.steps, b.path.begin(),
                                      b.path.begin() + b.steps);
}

}  // namespace

StixEventObjects::StixEventObjects(event::FieldTable& fields) : fields_(fields), slot_type_(std::size(slot_rows)) {
  for (std::size_t row = 0; row < std::size(field_rows); ++row) {
    names_.emplace_back(fields.folded(fields.intern(field_rows[row].field)), static_cast<std::uint16_t>(row));
  }
  std::sort(names_.begin(), names_.end());
  for (const auto& [name, row] : names_) {
    row_list_.push_back(row);
  }
}

bool StixEventObjects::makes(std::string_view type) {
  return std::any_of(std::begin(slot_rows), std::end(slot_rows), [&](const SlotRow& row) { return row.type == type; });
}

std::span<const std::uint16_t> StixEventObjects::rows_of(event::FieldId id) {
  const std::uint32_t at = event::index(id);
  if (id == event::overflow_field) {
    return {};
  }
  if (at >= rows_.size()) {
    rows_.resize(at + 1);
  }
  Rows& rows = rows_[at];
  if (!rows.known) {
    const event::FieldId folded = fields_.folded(id);
    const auto begin =
        std::partition_point(names_.begin(), names_.end(), [&](const auto& n) { return n.first < folded; });
    const auto end = std::partition_point(begin, names_.end(), [&](const auto& n) { return n.first == folded; });
    rows = {static_cast<std::uint16_t>(begin - names_.begin()), static_cast<std::uint16_t>(end - names_.begin()), true};
  }
  return std::span(row_list_).subspan(rows.begin, rows.end - rows.begin);
}

bool StixEventObjects::make(const event::EventBatch& batch, const event::Event& event) {
  arena_.clear();
  properties_.clear();
  graph_.clear();
  fields_of_values_.clear();
  observation_.members.clear();
  for (std::size_t slot = 0; slot < std::size(slot_rows); ++slot) {
    slot_type_[slot] = slot_rows[slot].type;
  }
  for (const event::Field& field : batch.fields_of(event)) {
    // A dash is how Windows and W3C logs write that there is nothing.
    if (field.value.text.empty() || field.value.text == "-") {
      continue;
    }
    for (const std::uint16_t row : rows_of(field.id)) {
      if (set_applies(field_rows[row].set, event)) {
        convert(row, field);
      }
    }
  }
  if (properties_.empty()) {
    return false;
  }
  std::stable_sort(properties_.begin(), properties_.end(), path_less);
  // Of several fields for one property the first in the event counts.
  properties_.erase(
      std::unique(properties_.begin(), properties_.end(),
                  [](const Property& a, const Property& b) { return !path_less(a, b) && !path_less(b, a); }),
      properties_.end());
  build();
  observation_.id = {};
  observation_.timed = event.time.known();
  observation_.first = observation_.last = event.time.known() ? stix::from_time(event.time) : stix::Instant{0};
  observation_.count = 1;
  return true;
}

std::optional<event::FieldId> StixEventObjects::field_of(std::uint32_t value) const {
  return value < fields_of_values_.size() && fields_of_values_[value] != event::overflow_field
             ? std::optional(fields_of_values_[value])
             : std::nullopt;
}

void StixEventObjects::add(std::size_t row, const event::Field& field, std::string_view text, bool number) {
  if (text.empty()) {
    return;
  }
  Property property;
  property.slot = static_cast<std::uint16_t>(field_rows[row].slot);
  property.number = number;
  property.text = text;
  property.field = field.id;
  std::string_view path = field_rows[row].path;
  while (property.steps < path_steps_max) {
    const std::size_t bar = path.find('|');
    property.path[property.steps++] = path.substr(0, bar);
    if (bar == std::string_view::npos) {
      break;
    }
    path.remove_prefix(bar + 1);
  }
  properties_.push_back(property);
}

void StixEventObjects::add_hashes(std::size_t row, const event::Field& field) {
  std::string_view rest = field.value.text;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals + 1 == part.size()) {
      continue;
    }
    const std::string_view kind = part.substr(0, equals);
    const std::string_view name = ascii_iequals(kind, "MD5")      ? "MD5"
                                  : ascii_iequals(kind, "SHA1")   ? "SHA-1"
                                  : ascii_iequals(kind, "SHA256") ? "SHA-256"
                                                                  : std::string_view{};
    const bool imphash = ascii_iequals(kind, "IMPHASH");
    if (name.empty() && !imphash) {
      continue;
    }
    add(row, field, arena_.copy(ascii_lower(part.substr(equals + 1))));
    Property& property = properties_.back();
    if (imphash) {
      property.path = {"extensions", "windows-pebinary-ext", "imphash"};
      property.steps = 3;
    } else {
      property.path[property.steps++] = name;
    }
  }
}

void StixEventObjects::convert(std::size_t row, const event::Field& field) {
  const std::string_view text = field.value.text;
  switch (field_rows[row].conversion) {
    case Conversion::text:
      add(row, field, text);
      break;
    case Conversion::integer: {
      if (const auto number = parse_uint64(text, true)) {
        add(row, field,
            ascii_digit(text.front()) && !text.starts_with("0x") && !text.starts_with("0X")
                ? text
                : arena_.copy(std::to_string(*number)),
            true);
      }
      break;
    }
    case Conversion::name: {
      const std::size_t at = last_separator(text);
      add(row, field, at == std::string_view::npos ? text : text.substr(at + 1));
      break;
    }
    case Conversion::folder: {
      const std::size_t at = last_separator(text);
      add(row, field, at == std::string_view::npos ? std::string_view{} : text.substr(0, std::max<std::size_t>(at, 1)));
      break;
    }
    case Conversion::hash:
      add(row, field, arena_.copy(ascii_lower(text)));
      break;
    case Conversion::hashes:
      add_hashes(row, field);
      break;
    case Conversion::address: {
      constexpr std::string_view mapped = "::ffff:";
      const std::string_view plain = ascii_istarts_with(text, mapped) && text.find('.') != std::string_view::npos
                                         ? text.substr(mapped.size())
                                         : text;
      const auto range = plain.find('/') == std::string_view::npos ? stix::parse_address_range(plain) : std::nullopt;
      const auto slot = static_cast<std::size_t>(field_rows[row].slot);
      if (range) {
        if (slot_type_[slot].empty()) {
          slot_type_[slot] = range->v6 ? "ipv6-addr" : "ipv4-addr";
        }
        add(row, field, plain);
      }
      break;
    }
    case Conversion::protocols: {
      std::size_t place = 0;
      std::string_view rest = text;
      while (!rest.empty() && place < std::size(places)) {
        const std::string_view part = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        if (const std::string_view trimmed = trim(part); !trimmed.empty()) {
          add(row, field, arena_.copy(ascii_lower(trimmed)));
          Property& property = properties_.back();
          property.path[property.steps++] = places[place++];
        }
      }
      break;
    }
    case Conversion::key:
    case Conversion::value_key: {
      std::string_view path = text;
      if (field_rows[row].conversion == Conversion::value_key) {
        const std::size_t at = path.rfind('\\');
        path = path.substr(0, at == std::string_view::npos ? 0 : at);
      }
      std::size_t length = 0;
      const std::string_view hive = hive_of(path, length);
      add(row, field, length == 0 ? path : arena_.copy(std::string(hive) + std::string(path.substr(length))));
      break;
    }
    case Conversion::value_name: {
      const std::size_t at = text.rfind('\\');
      add(row, field, at == std::string_view::npos ? std::string_view{} : text.substr(at + 1));
      break;
    }
    case Conversion::login: {
      const std::size_t at = text.rfind('\\');
      add(row, field, at == std::string_view::npos ? text : text.substr(at + 1));
      break;
    }
  }
}

// Breadth first: children of a value lie beside each other. Properties are sorted by slot and path, so that what stands
// below one value is a run of them.
void StixEventObjects::build() {
  slot_exists_.assign(std::size(slot_rows), 0);
  for (const Property& property : properties_) {
    slot_exists_[property.slot] = 1;
  }
  for (const LinkRow& link : link_rows) {
    if (link.makes && slot_exists_[static_cast<std::size_t>(link.target)] != 0) {
      slot_exists_[static_cast<std::size_t>(link.slot)] = 1;
    }
  }
  std::vector<Value>& values = graph_.values;
  const auto grow = [&](std::size_t count) {
    values.resize(values.size() + count);
    fields_of_values_.resize(values.size(), event::overflow_field);
  };
  std::vector<Run>& runs = runs_;
  runs.clear();
  slot_of_object_.clear();
  std::size_t at = 0;
  for (std::size_t slot = 0; slot < std::size(slot_rows); ++slot) {
    const std::size_t begin = at;
    while (at < properties_.size() && properties_[at].slot == slot) {
      ++at;
    }
    if (slot_exists_[slot] == 0) {
      continue;
    }
    const auto root = static_cast<std::uint32_t>(values.size());
    grow(1);
    graph_.objects.push_back({slot_type_[slot], root});
    slot_of_object_.push_back(static_cast<std::uint16_t>(slot));
    observation_.members.push_back({slot_rows[slot].name, static_cast<std::uint32_t>(graph_.objects.size() - 1)});
    runs.push_back({root, begin, at, 0});
  }
  std::sort(observation_.members.begin(), observation_.members.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (std::size_t next = 0; next < runs.size(); ++next) {
    const Run run = runs[next];
    std::uint32_t children = 0;
    const auto same = [&](std::size_t a, std::size_t b) {
      return properties_[a].path[run.depth] == properties_[b].path[run.depth];
    };
    for (std::size_t i = run.begin; i < run.end; ++i) {
      children += i == run.begin || !same(i, i - 1) ? 1 : 0;
    }
    const auto first = static_cast<std::uint32_t>(values.size());
    values[run.value].kind = ValueKind::object;
    values[run.value].first = first;
    if (run.depth > 0 && ascii_digit(properties_[run.begin].path[run.depth].front())) {
      values[run.value].kind = ValueKind::list;
    }
    grow(children);
    std::uint32_t child = first;
    for (std::size_t i = run.begin; i < run.end;) {
      std::size_t end = i + 1;
      while (end < run.end && same(end, i)) {
        ++end;
      }
      const Property& property = properties_[i];
      values[child].key = property.path[run.depth];
      if (property.steps == run.depth + 1) {
        values[child].kind = property.number ? ValueKind::number : ValueKind::string;
        values[child].text = property.text;
        fields_of_values_[child] = property.field;
      } else {
        runs.push_back({child, i, end, static_cast<std::uint8_t>(run.depth + 1)});
      }
      ++child;
      i = end;
    }
    if (run.depth == 0) {
      // The root's members are the last values so far: type and references join them.
      const auto member = [&](std::string_view key, std::string_view text) {
        grow(1);
        values.back().kind = ValueKind::string;
        values.back().key = key;
        values.back().text = text;
        ++children;
      };
      const std::size_t object = next;  // runs begin with the roots, in the order of the objects
      member("type", graph_.objects[object].type);
      for (const LinkRow& link : link_rows) {
        const auto target = static_cast<std::size_t>(link.target);
        if (static_cast<std::uint16_t>(link.slot) == slot_of_object_[object] && slot_exists_[target] != 0) {
          member(link.property, slot_rows[target].name);
        }
      }
    }
    values[run.value].count = children;
  }
}

}  // namespace tocsin::detect
