#include "verdict/playbook.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::verdict {

namespace {

using wire::Yaml;

// Reads one map; what is asked for is ticked off, and the rest is an error.
class Fields {
 public:
  explicit Fields(const Yaml& yaml) : yaml_(&yaml), seen_(yaml.members.size(), false) {}

  const Yaml* find(std::string_view key) {
    for (std::size_t at = 0; at < yaml_->members.size(); ++at) {
      if (yaml_->members[at].key == key) {
        seen_[at] = true;
        return &yaml_->members[at].value;
      }
    }
    return nullptr;
  }
  std::string text(std::string_view key) {
    const Yaml* found = find(key);
    return found != nullptr && found->is_scalar() ? found->text : std::string{};
  }
  bool flag(std::string_view key) { return ascii_iequals(text(key), "true"); }
  Result<std::size_t> number(std::string_view key, std::size_t otherwise) {
    const Yaml* found = find(key);
    if (found == nullptr) {
      return otherwise;
    }
    const std::optional<std::uint64_t> value = parse_uint64(found->text);
    if (!value || *value > 1'000'000'000) {
      return playbook_error(found->mark, std::string(key) + ": takes a whole number");
    }
    return static_cast<std::size_t>(*value);
  }
  Result<void> done() const {
    for (std::size_t at = 0; at < seen_.size(); ++at) {
      if (!seen_[at]) {
        return playbook_error(yaml_->members[at].mark, "unknown key " + yaml_->members[at].key);
      }
    }
    return {};
  }
  const Yaml& yaml() const { return *yaml_; }

 private:
  const Yaml* yaml_;
  std::vector<bool> seen_;
};

Result<void> expect_map(const Yaml& yaml) {
  if (yaml.kind != Yaml::Kind::map) {
    return playbook_error(yaml.mark, "a map is expected here");
  }
  return {};
}

// "90s", "10m", "24h".
Result<std::int64_t> duration(const Yaml& yaml) {
  const std::string_view text = yaml.text;
  if (text.size() >= 2) {
    const std::optional<std::uint64_t> number = parse_uint64(text.substr(0, text.size() - 1));
    const char unit = text.back();
    const std::int64_t seconds = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3'600 : unit == 'd' ? 86'400 : 0;
    if (number && *number <= 100'000 && seconds != 0) {
      return static_cast<std::int64_t>(*number) * seconds * Time::ticks_per_second;
    }
  }
  return playbook_error(yaml.mark, "a duration is a number and s, m, h or d");
}

class Loader {
 public:
  explicit Loader(Playbook& book) : book_(book) {}

  Result<void> load(const Yaml& yaml) {
    TRY_VOID(expect_map(yaml));
    Fields fields(yaml);
    book_.name = fields.text("playbook");
    book_.title = fields.text("title");
    if (book_.name.empty()) {
      return playbook_error(yaml.mark, "a playbook needs a name", "playbook: name");
    }
    const std::string form = fields.text("form");
    if (form != "stages" && form != "ladder") {
      return playbook_error(yaml.mark, "form: is stages or ladder");
    }
    book_.form = form == "stages" ? Playbook::Form::stages : Playbook::Form::ladder;
    TRY_VOID(lists(fields.find("lists")));
    TRY_VOID(aliases(fields.find("fields")));
    TRY_VOID(logs(fields.find("logs")));
    TRY_VOID(texts(fields.find("stages"), book_.stage_names));
    TRY_VOID(texts(fields.find("steps"), book_.steps));
    TRY_VOID(texts(fields.find("fixed-builds"), book_.fixed_builds));
    TRY_VOID(texts(fields.find("next-steps"), book_.next_steps));
    TRY_VOID(window(fields.find("window")));
    TRY_VOID(sentences(fields.find("sentences")));
    TRY_VOID(inputs(fields.find("inputs")));
    TRY_VOID(rows(fields.find("rows")));
    TRY_VOID(published(fields.find("published-lists")));
    TRY_VOID(spread(fields.find("spread")));
    return fields.done();
  }

 private:
  Result<void> lists(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    TRY_VOID(expect_map(*yaml));
    for (const Yaml::Member& member : yaml->members) {
      TRY(auto texts, texts_of(member.value, book_.lists));
      book_.lists[member.key] = std::move(texts);
    }
    return {};
  }

  Result<void> texts(const Yaml* yaml, std::vector<std::string>& into) {
    if (yaml != nullptr) {
      TRY(into, texts_of(*yaml, book_.lists));
    }
    return {};
  }

  Result<void> aliases(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    TRY_VOID(expect_map(*yaml));
    for (const Yaml::Member& member : yaml->members) {
      TRY(const auto names, texts_of(member.value, book_.lists));
      book_.slots.alias(member.key, names);
    }
    return {};
  }

  Result<void> sentences(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    TRY_VOID(expect_map(*yaml));
    for (const Yaml::Member& member : yaml->members) {
      book_.sentences[member.key] = member.value.text;
    }
    return {};
  }

  Result<void> window(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    TRY_VOID(expect_map(*yaml));
    Fields fields(*yaml);
    for (const auto& [key, time] :
         {std::pair{"from", &book_.window_from}, std::pair{"to-when-fixed-before", &book_.window_to_when_fixed}}) {
      const Yaml* found = fields.find(key);
      const auto parsed = found == nullptr ? std::nullopt : parse_iso8601(found->text);
      if (!parsed) {
        return playbook_error(yaml->mark, std::string("window: needs the moment ") + key);
      }
      *time = parsed->time;
    }
    return fields.done();
  }

  Result<void> logs(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    TRY_VOID(expect_map(*yaml));
    for (const Yaml::Member& member : yaml->members) {
      TRY_VOID(expect_map(member.value));
      Fields fields(member.value);
      LogKind log;
      log.name = member.key;
      TRY_VOID(texts(fields.find("channels"), log.channels));
      TRY_VOID(texts(fields.find("providers"), log.providers));
      TRY_VOID(texts(fields.find("formats"), log.formats));
      std::vector<std::string> ids, has;
      const Yaml* id_list = fields.find("ids");
      TRY_VOID(texts(id_list, ids));
      for (const std::string& id : ids) {
        const std::optional<std::uint64_t> number = parse_uint64(id);
        if (!number || *number >= event::no_event_id) {
          return playbook_error(id_list->mark, "ids: are event ids");
        }
        log.ids.push_back(static_cast<std::uint32_t>(*number));
      }
      TRY_VOID(texts(fields.find("has"), has));
      for (const std::string& name : has) {
        log.has.push_back(book_.slots.slot(name));
      }
      log.windows = !log.channels.empty() || !log.providers.empty() || !log.ids.empty();
      TRY_VOID(condition(fields.find("where"), log.where));
      TRY_VOID(fields.done());
      book_.logs.push_back(std::move(log));
    }
    return {};
  }

  Result<void> condition(const Yaml* yaml, Condition& into) {
    if (yaml != nullptr) {
      TRY(into, Condition::compile(*yaml, book_.slots, book_.lists));
    }
    return {};
  }

  Result<void> log_names(const Yaml* yaml, std::vector<std::uint16_t>& into, const Yaml& owner) {
    if (yaml == nullptr) {
      return playbook_error(owner.mark, "logs: says which logs to look at");
    }
    TRY(const auto names, texts_of(*yaml, book_.lists));
    for (const std::string& name : names) {
      const auto found =
          std::find_if(book_.logs.begin(), book_.logs.end(), [&](const LogKind& log) { return log.name == name; });
      if (found == book_.logs.end()) {
        return playbook_error(yaml->mark, "there is no log named " + name);
      }
      into.push_back(static_cast<std::uint16_t>(found - book_.logs.begin()));
    }
    return {};
  }

  Result<void> derivations(const Yaml* yaml, std::vector<Derivation>& into) {
    if (yaml == nullptr) {
      return {};
    }
    TRY(const auto names, texts_of(*yaml, book_.lists));
    for (const std::string& name : names) {
      const Predicate* predicate = find_predicate(name);
      if (predicate == nullptr) {
        return playbook_error(yaml->mark, "there is no predicate named " + name);
      }
      Derivation bound;
      bound.predicate = predicate;
      for (const std::string_view input : predicate->inputs) {
        bound.inputs.push_back(book_.slots.slot(input));
      }
      for (const std::string_view output : predicate->outputs) {
        bound.outputs.push_back(book_.slots.derived(output));
      }
      into.push_back(std::move(bound));
    }
    return {};
  }

  Result<void> inputs(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    for (const Yaml& each : yaml->items) {
      TRY_VOID(expect_map(each));
      Fields fields(each);
      Input input;
      input.name = fields.text("input");
      input.label = fields.text("label");
      input.how = fields.text("how");
      TRY_VOID(log_names(fields.find("logs"), input.logs, each));
      TRY_VOID(condition(fields.find("only"), input.only));
      TRY_VOID(derivations(fields.find("derive"), input.derive));
      TRY_VOID(condition(fields.find("where"), input.where));
      TRY_VOID(condition(fields.find("mark"), input.mark));
      input.marks = fields.flag("marks") || !input.mark.empty();
      if (const std::string server = fields.text("server"); !server.empty()) {
        input.server = book_.slots.slot(server);
      }
      if (const std::string key = fields.text("key"); !key.empty()) {
        input.key = book_.slots.slot(key);
      }
      input.covers = fields.flag("covers");
      input.process = fields.flag("process");
      input.file = fields.flag("file");
      input.build = fields.flag("build");
      TRY_VOID(fields.done());
      book_.inputs.push_back(std::move(input));
    }
    return {};
  }

  // "text {slot} text": the pieces of a line for people.
  void template_of(std::string_view text, std::vector<std::pair<std::string, std::optional<SlotId>>>& into) {
    while (!text.empty()) {
      const std::size_t open = text.find('{');
      const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
      if (close == std::string_view::npos) {
        into.emplace_back(std::string(text), std::nullopt);
        return;
      }
      into.emplace_back(std::string(text.substr(0, open)), book_.slots.slot(text.substr(open + 1, close - open - 1)));
      text.remove_prefix(close + 1);
    }
  }

  Result<void> neighbour(const Yaml& yaml, Neighbour& into, std::optional<RowId> self) {
    TRY_VOID(expect_map(yaml));
    Fields fields(yaml);
    std::vector<std::string> names, same;
    TRY_VOID(texts(fields.find("rows"), names));
    for (const std::string& name : names) {
      if (name == "any-behaviour") {
        into.any_behaviour = true;
        continue;
      }
      const std::optional<RowId> found = name == "self" ? self : book_.find_row(name);
      if (!found) {
        return playbook_error(yaml.mark, "there is no row named " + name);
      }
      into.rows.push_back(*found);
    }
    TRY_VOID(texts(fields.find("same"), same));
    for (const std::string& pair : same) {
      const std::size_t equals = pair.find('=');
      const KeyId own = book_.key(std::string_view(pair).substr(0, equals));
      into.same.push_back(
          {own, equals == std::string::npos ? own : book_.key(std::string_view(pair).substr(equals + 1))});
    }
    if (const Yaml* within = fields.find("within"); within != nullptr) {
      TRY(into.within, duration(*within));
    }
    if (const std::string order = fields.text("order"); !order.empty()) {
      if (order != "before" && order != "after" && order != "either") {
        return playbook_error(yaml.mark, "order: is before, after or either");
      }
      into.order = order == "before"  ? Neighbour::Order::before
                   : order == "after" ? Neighbour::Order::after
                                      : Neighbour::Order::either;
    }
    TRY(into.count, fields.number("count", 1));
    if (const std::string distinct = fields.text("distinct"); !distinct.empty()) {
      into.distinct = book_.key(distinct);
    }
    into.other_host = fields.flag("other-host");
    if ((into.other_host || fields.flag("elsewhere")) && into.count > 1) {
      return playbook_error(yaml.mark, "count: is for neighbours of the same host");
    }
    into.elsewhere = fields.flag("elsewhere");
    into.explained = fields.flag("explained");
    into.evidence = fields.flag("evidence");
    return fields.done();
  }

  Result<void> maybe_neighbour(const Yaml* yaml, std::optional<Neighbour>& into, RowId self) {
    if (yaml != nullptr) {
      TRY_VOID(neighbour(*yaml, into.emplace(), self));
    }
    return {};
  }

  // One neighbour, or a list of which any will do.
  Result<void> neighbours(const Yaml* yaml, std::vector<Neighbour>& into, RowId self) {
    if (yaml == nullptr) {
      return {};
    }
    if (yaml->kind != Yaml::Kind::list) {
      return neighbour(*yaml, into.emplace_back(), self);
    }
    for (const Yaml& each : yaml->items) {
      TRY_VOID(neighbour(each, into.emplace_back(), self));
    }
    return {};
  }

  Result<void> rows(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    if (yaml->items.size() > limits::playbook_rows_max) {
      return playbook_error(yaml->mark, "a playbook has too many rows");
    }
    // Names first: a row may name one that is written further down.
    for (const Yaml& each : yaml->items) {
      TRY_VOID(expect_map(each));
      Row row;
      const Yaml* name = each.find("row");
      row.name = name == nullptr ? "" : name->text;
      if (row.name.empty() || book_.find_row(row.name)) {
        return playbook_error(each.mark, "a row needs a name of its own", "row: name");
      }
      book_.rows.push_back(std::move(row));
    }
    for (std::size_t at = 0; at < yaml->items.size(); ++at) {
      TRY_VOID(row(yaml->items[at], static_cast<RowId>(at)));
    }
    return {};
  }

  Result<void> row(const Yaml& yaml, RowId number) {
    Row& row = book_.rows[number];
    Fields fields(yaml);
    fields.find("row");
    TRY_VOID(log_names(fields.find("logs"), row.logs, yaml));
    TRY_VOID(condition(fields.find("only"), row.only));
    TRY_VOID(derivations(fields.find("derive"), row.derive));
    TRY_VOID(condition(fields.find("where"), row.where));
    TRY_VOID(texts(fields.find("rules"), row.rules));
    TRY_VOID(condition(fields.find("never"), row.never));
    if (const Yaml* carry = fields.find("carry"); carry != nullptr) {
      TRY_VOID(expect_map(*carry));
      for (const Yaml::Member& member : carry->members) {
        row.carry.push_back({book_.key(member.key), book_.slots.slot(member.value.text)});
      }
    }
    if (const std::string time = fields.text("time"); !time.empty()) {
      row.time = book_.slots.slot(time);
    }
    template_of(fields.text("what"), row.what);
    row.marks = fields.flag("marks");
    row.left_out = fields.text("left-out");
    TRY_VOID(neighbours(fields.find("beside"), row.beside, number));
    TRY_VOID(neighbours(fields.find("unless"), row.unless, number));
    TRY_VOID(maybe_neighbour(fields.find("burst"), row.burst, number));
    TRY_VOID(neighbours(fields.find("supports"), row.supports, number));
    for (const Neighbour& each : row.supports) {
      if (std::find(each.rows.begin(), each.rows.end(), number) != each.rows.end()) {
        return playbook_error(yaml.mark, "a row cannot support itself");
      }
    }
    row.prefers_case = fields.flag("prefers-case");
    row.witness = fields.flag("witness");
    if (const Yaml* explain = fields.find("explain"); explain != nullptr) {
      for (const Yaml& each : explain->items) {
        TRY_VOID(explanation(each, row.explain.emplace_back(), number));
      }
    }
    row.behaviour = fields.text("behaviour");
    row.company = fields.flag("company");
    if (book_.form == Playbook::Form::ladder) {
      TRY(row.step, step(fields, yaml));
    }
    if (const Yaml* cases = fields.find("cases"); cases != nullptr) {
      for (const Yaml& each : cases->items) {
        TRY_VOID(row_case(each, row.cases.emplace_back(), number));
      }
    }
    if (row.cases.size() > 200) {
      return playbook_error(yaml.mark, "a row has too many cases");
    }
    return fields.done();
  }

  Result<std::size_t> step(Fields& fields, const Yaml& yaml) {
    const std::string name = fields.text("step");
    const auto found = std::find(book_.steps.begin(), book_.steps.end(), name);
    if (found == book_.steps.end()) {
      return playbook_error(yaml.mark, "step: is one of the playbook's steps");
    }
    return static_cast<std::size_t>(found - book_.steps.begin());
  }

  Result<void> explanation(const Yaml& yaml, Explanation& into, RowId self) {
    TRY_VOID(expect_map(yaml));
    Fields fields(yaml);
    into.reason = fields.text("reason");
    into.alone = fields.flag("alone");
    TRY_VOID(condition(fields.find("when"), into.when));
    TRY_VOID(neighbours(fields.find("beside"), into.beside, self));
    return fields.done();
  }

  Result<void> row_case(const Yaml& yaml, RowCase& into, RowId self) {
    TRY_VOID(expect_map(yaml));
    Fields fields(yaml);
    TRY_VOID(condition(fields.find("when"), into.when));
    TRY(const std::size_t stage, fields.number("stage", 0));
    if (book_.form == Playbook::Form::stages && stage >= book_.stage_names.size()) {
      return playbook_error(yaml.mark, "stage: is a number below the count of stages:");
    }
    into.stage = static_cast<int>(stage);
    into.weakness = fields.text("weakness");
    into.succeeded = fields.flag("succeeded");
    TRY_VOID(neighbours(fields.find("beside"), into.beside, self));
    return fields.done();
  }

  Result<void> published(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    for (const Yaml& each : yaml->items) {
      TRY_VOID(expect_map(each));
      Fields list(each);
      PublishedList& into = book_.published.emplace_back();
      into.label = list.text("label");
      into.shows = book_.slots.slot(list.text("shows"));
      TRY_VOID(condition(list.find("when"), into.when));
      if (into.label.empty() || into.when.empty()) {
        return playbook_error(each.mark, "a published list needs label: and when:");
      }
      TRY_VOID(list.done());
    }
    return {};
  }

  Result<void> words(const Yaml* yaml, WordSet& into) {
    std::vector<std::string> list;
    TRY_VOID(texts(yaml, list));
    into = WordSet(std::move(list));
    return {};
  }

  Result<void> spread(const Yaml* yaml) {
    if (yaml == nullptr) {
      return {};
    }
    TRY_VOID(expect_map(*yaml));
    Fields fields(*yaml);
    Spread& spread = book_.spread;
    spread.on = true;
    TRY_VOID(log_names(fields.find("logs"), spread.logs, *yaml));
    spread.path = book_.slots.slot(fields.text("path"));
    spread.image = book_.slots.slot(fields.text("image"));
    spread.access = book_.slots.slot(fields.text("access"));
    spread.share = book_.slots.slot(fields.text("share"));
    TRY_VOID(words(fields.find("ordinary-extensions"), spread.ordinary));
    TRY_VOID(words(fields.find("documents"), spread.documents));
    TRY_VOID(words(fields.find("added-extensions"), spread.added));
    TRY_VOID(words(fields.find("note-extensions"), spread.notes));
    TRY_VOID(words(fields.find("ordinary-names"), spread.ordinary_notes));
    TRY_VOID(texts(fields.find("note-words"), spread.note_words));
    TRY(spread.files, fields.number("files", 20));
    TRY(spread.folders, fields.number("folders", 3));
    TRY(spread.note_folders, fields.number("note-folders", 5));
    TRY(spread.plain_renames, fields.number("noted-renames", 100));
    const Yaml* within = fields.find("within");
    if (within == nullptr) {
      return playbook_error(yaml->mark, "spread: needs within:");
    }
    TRY(spread.within, duration(*within));
    spread.rename_behaviour = fields.text("rename-behaviour");
    spread.note_behaviour = fields.text("note-behaviour");
    TRY(spread.step, step(fields, *yaml));
    return fields.done();
  }

  Playbook& book_;
};

}  // namespace

WordSet::WordSet(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::string& word : words_) {
    word = ascii_lower(word);
  }
  std::sort(words_.begin(), words_.end());
}

bool WordSet::contains(std::string_view word) const {
  const auto less = [](std::string_view a, std::string_view b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return static_cast<unsigned char>(ascii_lower(x)) < static_cast<unsigned char>(ascii_lower(y));
    });
  };
  const auto found = std::lower_bound(words_.begin(), words_.end(), word, less);
  return found != words_.end() && ascii_iequals(*found, word);
}

KeyId Playbook::key(std::string_view wanted) {
  if (const std::optional<KeyId> found = find_key(wanted)) {
    return *found;
  }
  keys.emplace_back(wanted);
  return static_cast<KeyId>(keys.size() - 1);
}

std::optional<KeyId> Playbook::find_key(std::string_view wanted) const {
  const auto found = std::find(keys.begin(), keys.end(), wanted);
  return found == keys.end() ? std::nullopt : std::optional(static_cast<KeyId>(found - keys.begin()));
}

std::optional<RowId> Playbook::find_row(std::string_view wanted) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == wanted; });
  return found == rows.end() ? std::nullopt : std::optional(static_cast<RowId>(found - rows.begin()));
}

Result<Playbook> parse_playbook(std::string_view name, std::string_view yaml) {
  Playbook book;
  const auto located = [&](Error error) {
    error.where.source = std::string(name);
    return std::unexpected<Error>(std::move(error));
  };
  auto documents = wire::parse_yaml(yaml);
  if (!documents) {
    return located(std::move(documents).error());
  }
  if (documents->size() != 1) {
    return located(playbook_error({}, "a playbook is one YAML document").error());
  }
  auto loaded = Loader(book).load(documents->front());
  if (!loaded) {
    return located(std::move(loaded).error());
  }
  if (book.slots.size() >= 4'096) {
    return located(playbook_error({}, "a playbook names too many fields").error());
  }
  return book;
}

}  // namespace tocsin::verdict
