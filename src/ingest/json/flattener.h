// Flattener: turns one JSON record into the fields of an event, and remembers where the telling ones stand.
//
// Rules, for every JSON log:
//   - a nested member is named by its path joined with dots: {"a":{"b":1}} gives a.b; a key that holds dots gives the
//     same name;
//   - an array gives its field once for each element, without index; members of objects in arrays likewise;
//   - an empty object or array, like null, gives a null field;
//   - numbers keep their text exactly; strings keep theirs after unescaping; a lone surrogate becomes U+FFFD;
//   - of a name that occurs twice every value is kept, in order;
//   - the document inside "_source" (Elasticsearch) or, after "preview", "result" (Splunk) stands for the record;
//   - beyond limits::nesting_max levels the record is unreadable; beyond limits::event_fields_max fields the rest is
//     left out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "event/event.h"
#include "ingest/json/roles.h"
#include "ingest/json/windows_names.h"
#include "wire/json_reader.h"

namespace tocsin::ingest::json {

// Not thread-safe; one for a decoder. Learns the shapes of the records it sees: a record whose keys come in the order
// of an earlier one costs one comparison a key. What it has learned never changes what it gives.
class Flattener {
 public:
  explicit Flattener(event::FieldTable& table);

  // Appends the record's fields to the open event of `batch`. Views point into `record` or the batch's arena. On a
  // fault the caller drops the event.
  wire::JsonFault flatten(std::string_view record, event::EventBatch& batch);

  // All of the last record, by the place of its fields in the batch:
  bool has(Role role) const { return seen_[static_cast<std::size_t>(role)]; }
  bool has_all(const RoleSet& roles) const { return (seen_ & roles) == roles; }
  bool has_any(const RoleSet& roles) const { return (seen_ & roles).any(); }
  // Index into batch.fields of the first value at this role; only if has(role).
  std::uint32_t field(Role role) const { return role_fields_[static_cast<std::size_t>(role)]; }
  // The text of the first object or array at this role, as written and with all it holds; empty where there is none.
  std::string_view container(Role role) const;
  // Reads the text of the value at `role`, which must be JSON itself, as if it stood there, or, with at_root, in place
  // of the record. Its fields are added; nothing is added where it is no object or array.
  void expand(Role role, bool at_root, event::EventBatch& batch);
  // Reads the object at `role` once more, as if its members stood in place of the record: for envelopes.
  void unwrap(Role role, event::EventBatch& batch);
  // The nested Windows shape it has, if any.
  Shape shape() const { return shape_; }
  // Has it fields where this shape has the event's data? Looks at every field.
  bool has_data_of(Shape shape) const;
  // For shapes that show themselves by several fields together.
  void set_shape(Shape shape) { shape_ = shape; }
  // Fields were left out, or text was repaired.
  bool left_out() const { return left_out_; }
  bool repaired() const { return repaired_; }

  // Gives the fields of a nested Windows shape their Sigma names, in place or, where keep_long, in addition.
  void apply_windows_names(event::EventBatch& batch, bool keep_long);

  event::FieldCache& names() { return names_; }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr std::uint32_t root = 0;
  static constexpr std::uint32_t crowd = 1;  // stands for every key once a record has too many, or too long ones
  static constexpr std::size_t nodes_max = std::size_t{1} << 16;

  // A path that was met: a node of the tree of all keys.
  struct Node {
    std::string_view key;  // as escaped in the text
    std::string_view path;
    std::uint32_t parent = none;
    std::uint32_t first = none;  // the child that came first, and the sibling that came next, when last seen
    std::uint32_t next = none;
    event::FieldId id{};
    event::FieldId sigma{};
    Role role = Role::none;
    bool named = false;        // id is known
    bool has_sigma = false;    // the nested Windows shape gives it a Sigma name
    bool shows_shape = false;  // its presence proves the shape
    bool drop = false;         // the Windows shape has no field for it
    bool drop_null = false;
    bool unwraps = false;
    std::uint32_t base = none;  // X of an evtx_dump key X_1
    WindowsPlace place;
  };
  struct Frame {
    std::uint32_t parent = root;  // whose children the keys are
    std::uint32_t owner = root;   // whose first child starts the chain of predictions
    std::uint32_t guess = none;   // the key expected next
    std::uint32_t previous = none;
    std::uint32_t field_begin = 0;
    std::uint32_t text_begin = 0;
    bool object = false;
    bool empty = true;
  };
  struct Container {
    Role role = Role::none;
    std::string_view text;
  };
  static constexpr std::size_t containers_max = 16;

  // nested: the text is a value of a record that was read, not the record.
  wire::JsonFault walk(std::string_view text, std::uint32_t start, bool nested, event::EventBatch& batch);
  void close_container(const Frame& frame, std::string_view text, event::EventBatch& batch);
  void forget();
  std::uint32_t child(Frame& frame, std::string_view key);
  std::uint32_t lookup(std::uint32_t parent, std::string_view key);
  std::uint32_t create(std::uint32_t parent, std::string_view key);
  void grow_slots();
  void name(Node& node);
  void emit(std::uint32_t at, const event::Value& value, event::EventBatch& batch);
  void close_named_data(const Frame& frame, event::EventBatch& batch);

  wire::JsonReader reader_;
  event::FieldCache names_;
  Arena arena_;  // keys and paths of nodes
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> slots_;  // open addressing: hash of (parent, key) to node
  std::array<Frame, 65> frames_;

  // Of the last record
  std::uint32_t begin_ = 0;
  std::vector<std::uint32_t> field_nodes_;
  RoleSet seen_;
  std::array<std::uint32_t, role_count> role_fields_{};
  Shape shape_ = Shape::none;
  bool left_out_ = false;
  bool repaired_ = false;
  bool has_suffixes_ = false;
  std::array<Container, containers_max> containers_;
  std::size_t container_count_ = 0;
};

}  // namespace tocsin::ingest::json
