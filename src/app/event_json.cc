#include "app/event_json.h"

#include <cstdint>
#include <vector>

#include "wire/json.h"

namespace tocsin::app {
namespace {

void write_value(wire::JsonWriter& writer, const event::Value& value) {
  switch (value.kind) {
    case event::ValueKind::null:
      writer.null();
      return;
    case event::ValueKind::integer:
    case event::ValueKind::real:
      // "007" and "+1" are numbers to their log, not to JSON.
      if (wire::is_json_number(value.text)) {
        writer.raw(value.text);
      } else {
        writer.string(value.text);
      }
      return;
    case event::ValueKind::boolean:
      writer.boolean(value.text == "true");
      return;
    case event::ValueKind::text:
      writer.string(value.text);
      return;
  }
}

// A path of dotted names as a tree, in the order in which names first occur. Names come from the event, so depth and
// size are bounded by it.
struct Branch {
  std::string name;
  std::vector<const event::Value*> values;
  std::vector<std::uint32_t> children;
};

}  // namespace

void append_event_tree(std::string& out, const event::EventBatch& batch, const event::Event& event,
                       const event::FieldTable& fields) {
  std::vector<Branch> branches(1);
  for (const event::Field& field : batch.fields_of(event)) {
    std::string_view path = fields.name(field.id);
    std::uint32_t at = 0;
    while (true) {
      const std::size_t dot = path.find('.');
      const std::string_view name = path.substr(0, dot);
      std::uint32_t next = 0;
      for (const std::uint32_t child : branches[at].children) {
        if (branches[child].name == name) {
          next = child;
        }
      }
      if (next == 0) {
        next = static_cast<std::uint32_t>(branches.size());
        branches[at].children.push_back(next);
        branches.push_back({std::string(name), {}, {}});
      }
      at = next;
      if (dot == std::string_view::npos) {
        break;
      }
      path.remove_prefix(dot + 1);
    }
    branches[at].values.push_back(&field.value);
  }
  wire::JsonWriter writer(out);
  struct Visit {
    std::uint32_t branch;
    bool leaving;
  };
  std::vector<Visit> stack = {{0, false}};
  while (!stack.empty()) {
    const Visit visit = stack.back();
    stack.pop_back();
    const Branch& branch = branches[visit.branch];
    if (visit.leaving) {
      writer.end_object();
      continue;
    }
    if (visit.branch != 0) {
      writer.key(branch.name);
    }
    const auto write_values = [&] {
      if (branch.values.size() == 1) {
        write_value(writer, *branch.values[0]);
        return;
      }
      writer.begin_array();
      for (const event::Value* value : branch.values) {
        write_value(writer, *value);
      }
      writer.end_array();
    };
    if (branch.children.empty() && visit.branch != 0) {
      write_values();
      continue;
    }
    writer.begin_object();
    if (!branch.values.empty()) {
      writer.key("#text");
      write_values();
    }
    stack.push_back({visit.branch, true});
    for (std::size_t i = branch.children.size(); i-- > 0;) {
      stack.push_back({branch.children[i], false});
    }
  }
}

void append_event_fields(std::string& out, const event::EventBatch& batch, const event::Event& event,
                         const event::FieldTable& fields) {
  wire::JsonWriter writer(out);
  writer.begin_object();
  const auto all = batch.fields_of(event);
  std::vector<bool> done(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (done[i]) {
      continue;
    }
    writer.key(fields.name(all[i].id));
    bool many = false;
    for (std::size_t j = i + 1; j < all.size() && !many; ++j) {
      many = all[j].id == all[i].id;
    }
    if (!many) {
      write_value(writer, all[i].value);
      continue;
    }
    writer.begin_array();
    for (std::size_t j = i; j < all.size(); ++j) {
      if (all[j].id == all[i].id) {
        write_value(writer, all[j].value);
        done[j] = true;
      }
    }
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace tocsin::app
