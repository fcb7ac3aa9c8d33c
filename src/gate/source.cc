#include "gate/source.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "base/text.h"
#include "gate/base64.h"
#include "gate/consent.h"
#include "gate/limits.h"

namespace tocsin::gate {
namespace {

using wire::Json;

// What a CACAO word stands for beside the kinds of the table.
enum class Does : std::uint8_t { passive, active, lawful, nothing, openc2, attack };

struct Word {
  std::string_view name;
  Does does;
};
struct KindOf {
  std::string_view name;
  Kind kind;
};

constexpr std::array playbook_types = {
#define PLAYBOOK(name, does) Word{name, Does::does},
#define STEP(name)
#define COMMAND(name, does)
#include "gate/cacao.def"
#undef PLAYBOOK
#undef STEP
#undef COMMAND
};
constexpr std::array step_types = {
#define PLAYBOOK(name, does)
#define STEP(name) std::string_view(name),
#define COMMAND(name, does)
#include "gate/cacao.def"
#undef PLAYBOOK
#undef STEP
#undef COMMAND
};
constexpr std::array command_types = {
#define PLAYBOOK(name, does)
#define STEP(name)
#define COMMAND(name, does) Word{name, Does::does},
#include "gate/cacao.def"
#undef PLAYBOOK
#undef STEP
#undef COMMAND
};
constexpr std::array coa_words = {
#define COA(word, kind) KindOf{word, Kind::kind},
#define DESTROY(word, kind)
#define CATEGORY(word, kind)
#include "gate/misp.def"
#undef COA
#undef DESTROY
#undef CATEGORY
};
constexpr std::array destroy_words = {
#define COA(word, kind)
#define DESTROY(word, kind) KindOf{word, Kind::kind},
#define CATEGORY(word, kind)
#include "gate/misp.def"
#undef COA
#undef DESTROY
#undef CATEGORY
};
constexpr std::array category_words = {
#define COA(word, kind)
#define DESTROY(word, kind)
#define CATEGORY(word, kind) KindOf{word, Kind::kind},
#include "gate/misp.def"
#undef COA
#undef DESTROY
#undef CATEGORY
};
constexpr std::array openc2_actions = {
#define ACTUATOR(name)
#define OPENC2(name, kind) KindOf{name, Kind::kind},
#include "gate/openc2.def"
#undef ACTUATOR
#undef OPENC2
};
constexpr std::array actuators = {
#define ACTUATOR(name) std::string_view(name),
#define OPENC2(name, kind)
#include "gate/openc2.def"
#undef ACTUATOR
#undef OPENC2
};
constexpr std::array review_words = {
#define WORD(text) std::string_view(text),
#include "gate/words.def"
#undef WORD
};
// Members that only a plan to act would have.
constexpr std::array<std::string_view, 14> plan_members = {
    "targets",        "target",   "target-list", "plan",    "planning", "operational-plan", "execution",
    "execution-data", "commands", "tooling",     "payload", "steps",    "workflow",         "schedule"};
constexpr std::array<std::string_view, 4> target_list_members = {"target-list", "targets-list", "targetlist",
                                                                 "hit-list"};

// Members of which every event, object, attribute, tag and taxonomy of MISP has one.
constexpr std::array<std::string_view, 10> misp_members = {
    "Event", "Attribute", "Object", "Tag", "Galaxy", "info", "category", "predicate", "namespace", "meta-category"};

template <class Table>
auto look_up(const Table& table, std::string_view name) -> const typename Table::value_type* {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

template <class Table>
bool lists(const Table& table, std::string_view name) {
  return std::find(table.begin(), table.end(), name) != table.end();
}

bool is_text(const Json* value) { return value != nullptr && value->kind == Json::Kind::string; }
bool is_filled(const Json& value) {
  return value.kind == Json::Kind::array    ? !value.items.empty()
         : value.kind == Json::Kind::object ? !value.members.empty()
         : value.kind == Json::Kind::string ? !value.text.empty()
                                            : value.kind != Json::Kind::null;
}

// Ends of names of members that hold base64.
bool is_encoded_member(std::string_view name) {
  const std::string lower = ascii_lower(name);
  return lower.ends_with("_b64") || lower.ends_with("base64") || lower.ends_with("_bin") || lower == "b64";
}

class Reader {
 public:
  Reader(Source& out, std::string_view format, bool inside_command = false)
      : out_(out), format_(format), inside_command_(inside_command) {}

  void read(const Json& root) {
    push(root, Place::anywhere, 0);
    drain();
  }

  std::size_t openc2_found() const { return openc2_found_; }
  // Whether anything was there that a document of this format has.
  bool cacao_found() const { return cacao_found_; }
  bool misp_found() const { return misp_found_ || out_.misp_coa; }

 private:
  // Where a value stands: what it must be depends on it.
  enum class Place : std::uint8_t { anywhere, commands, command, workflow, step, tags };
  struct Work {
    const Json* value;
    Place place;
    std::size_t unwrapped;
    std::string_view member;  // the name it stands under
  };

  void drain() {
    while (!work_.empty()) {
      if (++values_ > limits::values_max) {
        refuse(Rule::unreadable, "more values than are read");
        return;
      }
      const Work next = work_.back();
      work_.pop_back();
      visit(next);
    }
  }

  void push(const Json& value, Place place, std::size_t unwrapped, std::string_view member = {}) {
    work_.push_back({&value, place, unwrapped, member});
  }
  void refuse(Rule rule, std::string part) {
    for (const auto& [known, about] : out_.refusals) {
      if (known == rule && about == part) {
        return;
      }
    }
    out_.refusals.emplace_back(rule, std::move(part));
  }
  void add(Kind kind, std::string name) {
    for (const Deed& deed : out_.deeds) {
      if (deed.kind == kind && deed.name == name) {
        return;
      }
    }
    out_.deeds.push_back({kind, std::move(name)});
  }

  void visit(const Work& work) {
    switch (work.value->kind) {
      case Json::Kind::string:
        visit_text(work);
        break;
      case Json::Kind::array:
        for (const Json& item : work.value->items) {
          push(item, work.place == Place::commands ? Place::command : work.place, work.unwrapped, work.member);
        }
        break;
      case Json::Kind::object:
        visit_object(work);
        break;
      case Json::Kind::null:
      case Json::Kind::boolean:
      case Json::Kind::number:
        break;
    }
  }

  void visit_object(const Work& work) {
    const Json& object = *work.value;
    if (work.place == Place::command) {
      visit_command(object);
    } else if (work.place == Place::step) {
      visit_step(object);
    }
    const bool playbook = object.string_or("type", "").starts_with("playbook") &&
                          (object.find("workflow") != nullptr || object.find("playbook_types") != nullptr);
    if (work.place != Place::step && (playbook || object.find("playbook_types") != nullptr)) {
      visit_playbook(object);
    }
    if (is_openc2(object)) {
      visit_openc2(object);
    }
    visit_misp(object);
    visit_marks(object);
    for (const auto& [name, value] : object.members) {
      Place place = Place::anywhere;
      if (name == "commands") {
        place = Place::commands;
      } else if (name == "workflow" || name == "workflow_steps") {
        place = Place::workflow;
      } else if (work.place == Place::workflow) {
        place = Place::step;
      } else if (name == "Tag" || name == "tags" || name == "Tags") {
        place = Place::tags;
      }
      push(value, place, work.unwrapped, name);
    }
  }

  // A command of OpenC2: an action and a target. Steps of CACAO have an `action` type, but no member of that name.
  bool is_openc2(const Json& object) const {
    const Json* action = object.find("action");
    const Json* target = object.find("target");
    if (!is_text(action) || target == nullptr) {
      return false;
    }
    // Words may have an action and a target in text as well.
    return target->kind == Json::Kind::object ||
           (target->kind == Json::Kind::string &&
            (format_ == "openc2" || look_up(openc2_actions, canonical(action->text)) != nullptr));
  }

  void visit_openc2(const Json& object) {
    ++openc2_found_;
    const std::string action = canonical(object.string_or("action", ""));
    const KindOf* known = look_up(openc2_actions, action);
    add(known == nullptr ? Kind::unknown : known->kind, action);
    if (const Json* actuator = object.find("actuator"); actuator != nullptr) {
      if (actuator->kind == Json::Kind::object) {
        for (const auto& [name, value] : actuator->members) {
          check_actuator(name);
        }
      } else if (actuator->kind == Json::Kind::string) {
        check_actuator(actuator->text);
      } else if (actuator->kind != Json::Kind::null) {
        refuse(Rule::unknown_actuator, "actuator");
      }
    }
    if (const Json* target = object.find("target"); target->kind == Json::Kind::object) {
      if (const Json* device = target->find("device")) {
        for (const std::string_view name : {"hostname", "device_id", "idn_hostname"}) {
          if (const std::string_view host = device->string_or(name, ""); !host.empty()) {
            out_.devices.push_back(canonical(host));
          }
        }
      }
    }
  }

  void check_actuator(std::string_view name) {
    if (!lists(actuators, ascii_lower(name))) {
      refuse(Rule::unknown_actuator, std::string(name));
    }
  }

  void visit_playbook(const Json& object) {
    cacao_found_ = true;
    const Json* types = object.find("playbook_types");
    if (types == nullptr) {
      return;
    }
    const std::vector<Json> one = types->kind == Json::Kind::array ? std::vector<Json>{} : std::vector<Json>{*types};
    for (const Json& type : types->kind == Json::Kind::array ? types->items : one) {
      const std::string name = canonical(type.kind == Json::Kind::string ? type.text : "");
      const Word* known = look_up(playbook_types, name);
      if (known == nullptr) {
        refuse(Rule::unknown_command, "playbook type " + name);
      } else {
        does(known->does, "cacao " + name + " playbook");
      }
    }
  }

  void visit_step(const Json& object) {
    cacao_found_ = true;
    const std::string type = canonical(object.string_or("type", ""));
    if (type == "playbook-action" || type == "playbook") {
      refuse(Rule::unseen_playbook, std::string(object.string_or("playbook_id", "playbook-action")));
    } else if (!lists(step_types, type)) {
      refuse(Rule::unknown_command, "step " + type);
    }
  }

  void visit_command(const Json& object) {
    cacao_found_ = true;
    const std::string type = canonical(object.string_or("type", ""));
    const Word* known = look_up(command_types, type);
    if (known == nullptr) {
      refuse(Rule::unknown_command, "command " + type);
      return;
    }
    does(known->does, "cacao " + type);
    // What says that it is OpenC2 must hold OpenC2. Commands inside this one are looked at on their own.
    if (known->does == Does::openc2 && !inside_command_) {
      Source alone;
      Reader inside(alone, format_, true);
      inside.read(object);
      if (inside.openc2_found() == 0) {
        refuse(Rule::unreadable, "an OpenC2 command that cannot be read");
      }
    }
  }

  void does(Does what, std::string name) {
    switch (what) {
      case Does::passive:
        add(Kind::passive, std::move(name));
        break;
      case Does::active:
        add(Kind::active, std::move(name));
        break;
      case Does::lawful:
        add(Kind::lawful, std::move(name));
        break;
      case Does::nothing:
      case Does::openc2:
        break;
      case Does::attack:
        out_.attack = true;
        break;
    }
  }

  // "destroy" counts by its value; "passive" and "active" only group the words.
  void add_coa(std::string_view predicate, std::string_view value) {
    const std::string first = canonical(predicate);
    const std::string second = canonical(value);
    if (first == "passive" || first == "active") {
      add_coa(second, "");
      return;
    }
    const KindOf* known = look_up(coa_words, first);
    Kind kind = known == nullptr ? Kind::unknown : known->kind;
    if (first == "destroy") {
      const KindOf* exception = look_up(destroy_words, second);
      kind = exception == nullptr ? Kind::offensive : exception->kind;
    }
    out_.misp_coa = true;
    add(kind, "course-of-action " + first + (second.empty() ? "" : " " + second));
  }

  // course-of-action:destroy="arrest", mimic:category="cat6"…
  void visit_tag(std::string_view tag) {
    const std::string lower = ascii_lower(trim(tag));
    const std::size_t colon = lower.find(':');
    if (colon == std::string::npos) {
      return;
    }
    const std::string_view space = std::string_view(lower).substr(0, colon);
    std::string_view predicate = std::string_view(lower).substr(colon + 1);
    std::string_view value;
    if (const std::size_t equals = predicate.find('='); equals != std::string_view::npos) {
      value = predicate.substr(equals + 1);
      predicate = predicate.substr(0, equals);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
    }
    if (space == "course-of-action" || space == "courses-of-action" || space == "coa") {
      add_coa(predicate, value);
    } else if (space == "destroy") {
      add_coa("destroy", predicate);
    } else if (space.find("mimic") != std::string_view::npos || predicate.starts_with("cat") ||
               value.starts_with("cat")) {
      add_category(predicate);
      add_category(value);
    }
  }

  void add_category(std::string_view text) {
    const std::string word = canonical(text).substr(0, 4);
    const bool whole = text.size() <= 4 || !ascii_digit(text[4]);
    if (const KindOf* known = look_up(category_words, word); known != nullptr && whole) {
      out_.misp_coa = true;
      add(known->kind, "category " + word);
    }
  }

  void visit_misp(const Json& object) {
    misp_found_ = misp_found_ || std::any_of(misp_members.begin(), misp_members.end(),
                                             [&](std::string_view name) { return object.find(name) != nullptr; });
    if (format_ != "misp" && object.string_or("namespace", object.string_or("taxonomy", "")) != "course-of-action") {
      return;
    }
    const Json* predicate = object.find("predicate");
    if (is_text(predicate)) {
      add_coa(predicate->text, object.string_or("value", ""));
      add_category(predicate->text);
    }
    for (const std::string_view name : {"course-of-action", "course_of_action", "coa"}) {
      if (const Json* word = object.find(name); is_text(word) && word->text.find(':') == std::string::npos) {
        const std::size_t equals = word->text.find('=');
        std::string_view value = equals == std::string::npos ? object.string_or("value", "")
                                                             : std::string_view(word->text).substr(equals + 1);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
          value = value.substr(1, value.size() - 2);
        }
        add_coa(std::string_view(word->text).substr(0, equals), value);
      }
    }
    for (const std::string_view name : {"category", "mimic", "mimic-category"}) {
      if (const Json* word = object.find(name); is_text(word)) {
        add_category(word->text);
      }
    }
    if (object.string_or("name", "") == "course-of-action") {
      if (const Json* attributes = object.find("Attribute")) {
        for (const Json& attribute : attributes->items) {
          if (attribute.string_or("object_relation", "") == "type") {
            add_coa(attribute.string_or("value", ""), "");
          }
        }
      }
      if (const Json* type = object.find("type");
          is_text(type) && look_up(coa_words, canonical(type->text)) != nullptr) {
        add_coa(type->text, "");
      }
    }
  }

  // What an option says of itself: exercise, range, plans, lists of targets.
  void visit_marks(const Json& object) {
    for (const auto& [name, value] : object.members) {
      const std::string member = canonical(name);
      const bool yes = value.kind == Json::Kind::boolean && value.boolean;
      const std::string word = canonical(value.kind == Json::Kind::string ? value.text : "");
      out_.exercise = out_.exercise || (member == "exercise" && yes);
      out_.range =
          out_.range ||
          ((member == "range" || member == "range-scoped" || member == "range-only" || member == "cyber-range") &&
           (yes || (is_filled(value) && value.kind != Json::Kind::boolean))) ||
          ((member == "scope" || member == "target-scope" || member == "environment") &&
           (word == "range" || word == "cyber-range"));
      out_.targets = out_.targets || (lists(plan_members, member) && is_filled(value));
      if (lists(target_list_members, member) && is_filled(value)) {
        refuse(Rule::target_list, std::string(name));
      }
    }
  }

  void visit_text(const Work& work) {
    const std::string_view text = work.value->text;
    note_words(text);
    if (work.place == Place::command && !text.empty()) {
      refuse(Rule::unknown_command, "a command that is only text");
    }
    if (text.find(':') != std::string_view::npos &&
        (work.place == Place::tags || format_ == "misp" || text.starts_with("course-of-action:"))) {
      visit_tag(text);
    }
    if (is_encoded_member(work.member)) {
      const auto decoded = decode_base64(text);
      if (!decoded) {
        refuse(Rule::unreadable, std::string(work.member));
        return;
      }
      // Wide text of PowerShell hides nothing once its zeros are gone.
      std::string narrow = *decoded;
      narrow.erase(std::remove(narrow.begin(), narrow.end(), '\0'), narrow.end());
      unwrap_text(narrow, work.unwrapped + 1);
      return;
    }
    if (work.member == "id" || text.size() < 8) {
      return;
    }
    unwrap_inside(text, work.unwrapped);
  }

  bool may_unwrap(std::size_t bytes, std::size_t depth) {
    unwrapped_bytes_ += bytes;
    if (depth > limits::unwrapping_max || unwrapped_bytes_ > limits::unwrapped_bytes_max) {
      refuse(Rule::unreadable, "wrapped too often, or too large");
      return false;
    }
    return true;
  }

  void unwrap_text(const std::string& text, std::size_t depth) {
    if (!may_unwrap(text.size(), depth)) {
      return;
    }
    note_words(text);
    unwrap_inside(text, depth);
  }

  // JSON documents and long encoded words inside a text, such as the body of a curl command.
  void unwrap_inside(std::string_view text, std::size_t depth) {
    std::size_t tries = 0;
    for (std::size_t at = text.find('{'); at != std::string_view::npos && tries < limits::starts_max; ++tries) {
      const std::size_t end = end_of_document(text, at);
      if (end == std::string_view::npos) {
        at = text.find('{', at + 1);
        continue;
      }
      auto parsed = parse_loosely(text.substr(at, end - at));
      if (!parsed) {
        at = text.find('{', at + 1);
        continue;
      }
      if (!may_unwrap(end - at, depth + 1)) {
        return;
      }
      documents_.push_back(*std::move(parsed));
      push(documents_.back(), Place::anywhere, depth + 1);
      at = text.find('{', end);
    }
    std::size_t words = 0;
    for (std::size_t at = 0; at < text.size() && words < limits::starts_max;) {
      const std::size_t end = std::min(text.find_first_not_of(encoded_characters, at), text.size());
      if (end - at >= 24) {
        ++words;
        auto decoded = decode_base64(text.substr(at, end - at));
        if (decoded) {
          decoded->erase(std::remove(decoded->begin(), decoded->end(), '\0'), decoded->end());
          if (is_readable(*decoded)) {
            unwrap_text(*decoded, depth + 1);
          }
        }
      }
      at = end + 1;
    }
  }

  static bool is_readable(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c < 0x7F) || ascii_space(c); });
  }

  // JSON as it stands, or as it stands inside a quoted string.
  static std::optional<Json> parse_loosely(std::string_view text) {
    if (auto parsed = wire::parse_json(text)) {
      return *std::move(parsed);
    }
    std::string bare;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size() || text[i + 1] != '"') {
        bare += text[i];
      }
    }
    if (auto parsed = wire::parse_json(bare)) {
      return *std::move(parsed);
    }
    return {};
  }

  static std::size_t end_of_document(std::string_view text, std::size_t at) {
    std::size_t open = 0;
    for (; at < text.size(); ++at) {
      open += text[at] == '{' ? 1 : 0;
      if (text[at] == '}' && --open == 0) {
        return at + 1;
      }
    }
    return std::string_view::npos;
  }

  void note_words(std::string_view text) {
    const std::string lower = ascii_lower(text);
    for (const std::string_view word : review_words) {
      if (out_.review.size() < limits::review_words_max && lower.find(word) != std::string::npos &&
          !lists(out_.review, std::string(word))) {
        out_.review.emplace_back(word);
      }
    }
  }

  static constexpr std::string_view encoded_characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-";

  Source& out_;
  std::string_view format_;
  std::vector<Work> work_;
  std::deque<Json> documents_;
  std::size_t values_ = 0;
  std::size_t unwrapped_bytes_ = 0;
  std::size_t openc2_found_ = 0;
  bool cacao_found_ = false;
  bool misp_found_ = false;
  bool inside_command_;
};

}  // namespace

Source read_source(const Json& source) {
  Source out;
  const std::string format = canonical(source.string_or("format", ""));
  const Json* object = source.find("object");
  if (format != "openc2" && format != "cacao" && format != "misp" && format != "text") {
    out.refusals.emplace_back(Rule::unknown_format, format);
  }
  if (object == nullptr) {
    return out;
  }
  Reader reader(out, format);
  reader.read(*object);
  const bool nothing = out.deeds.empty() && out.refusals.empty() && !out.attack;
  if (format == "openc2" && reader.openc2_found() == 0) {
    // The action alone is still an action.
    if (is_text(object->find("action"))) {
      const std::string action = canonical(object->string_or("action", ""));
      const KindOf* known = look_up(openc2_actions, action);
      out.deeds.push_back({known == nullptr ? Kind::unknown : known->kind, action});
    } else {
      out.refusals.emplace_back(Rule::unreadable, "no OpenC2 command is in it");
    }
  } else if (format == "cacao" && !reader.cacao_found() && nothing) {
    out.refusals.emplace_back(Rule::unreadable, "no CACAO playbook is in it");
  } else if (format == "misp" && is_filled(*object) && !reader.misp_found() && nothing) {
    out.refusals.emplace_back(Rule::unreadable, "nothing of MISP is in it");
  }
  return out;
}

}  // namespace tocsin::gate
