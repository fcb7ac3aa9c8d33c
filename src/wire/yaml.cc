#include "wire/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <memory>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::wire {
namespace {

// ---- Scalars -----------------------------------------------------------------------------------------------

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return ascii_digit(c); });
}

bool hexadecimal(std::string_view text) {
  constexpr std::size_t longest = 18;  // 64 bits; more digits are text
  return text.size() > 2 && text.size() <= longest && text[0] == '0' && text[1] == 'x' &&
         std::all_of(text.begin() + 2, text.end(), [](char c) {
           const char low = ascii_lower(c);
           return ascii_digit(c) || (low >= 'a' && low <= 'f');
         });
}

bool real(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) {
    return false;
  }
  const std::string_view whole = text.substr(0, point);
  std::string_view rest = text.substr(point + 1);
  if (const std::size_t e = rest.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view exponent = rest.substr(e + 1);
    if (!exponent.empty() && (exponent[0] == '+' || exponent[0] == '-')) {
      exponent.remove_prefix(1);
    }
    if (!all_digits(exponent)) {
      return false;
    }
    rest = rest.substr(0, e);
  }
  if (whole.empty() && rest.empty()) {
    return false;
  }
  return (whole.empty() || all_digits(whole)) && (rest.empty() || all_digits(rest));
}

Yaml::Kind plain_kind(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return Yaml::Kind::null;
  }
  if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" || text == "FALSE") {
    return Yaml::Kind::boolean;
  }
  std::string_view number = text;
  if (number[0] == '-' || number[0] == '+') {
    number.remove_prefix(1);
  }
  const bool leading_zero = number.size() > 1 && number[0] == '0';
  if ((all_digits(number) && !leading_zero) || hexadecimal(number)) {
    return Yaml::Kind::integer;
  }
  return real(number) ? Yaml::Kind::real : Yaml::Kind::text;
}

constexpr std::string_view yaml_tag_prefix = "tag:yaml.org,2002:";

// ---- Tree builder ------------------------------------------------------------------------------------------

// What a node costs: alias expansion is refused before it is copied.
struct Cost {  // of a node with all that is below it
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t depth = 1;
};

struct Anchored {
  Yaml node;
  Cost cost;
};

// A list or map that is still open.
struct Open {
  Yaml node;
  Cost cost;
  std::string anchor;
  bool has_key = false;
  std::string key;
  YamlMark key_mark;
  bool merge = false;                // the key is a plain <<
  std::vector<Yaml::Member> merged;  // members that << brought
  // Keys of a map that outgrew a linear search: a hostile map of many keys stays linear.
  std::unique_ptr<boost::unordered_flat_set<std::string>> index;

  bool has(std::string_view name) const {
    return index == nullptr ? node.find(name) != nullptr : index->contains(std::string(name));
  }
  void add(std::string name, YamlMark mark, Yaml value) {
    if (index == nullptr && node.members.size() >= index_from) {
      index = std::make_unique<boost::unordered_flat_set<std::string>>();
      for (const Yaml::Member& member : node.members) {
        index->insert(member.key);
      }
    }
    if (index != nullptr) {
      index->insert(name);
    }
    node.members.push_back({std::move(name), mark, std::move(value)});
  }
  static constexpr std::size_t index_from = 32;
};

struct ParserDeleter {
  void operator()(yaml_parser_t* parser) const {
    yaml_parser_delete(parser);
    delete parser;
  }
};

class EventGuard {
 public:
  explicit EventGuard(yaml_event_t& event) : event_(event) {}
  ~EventGuard() { yaml_event_delete(&event_); }
  EventGuard(const EventGuard&) = delete;
  EventGuard& operator=(const EventGuard&) = delete;

 private:
  yaml_event_t& event_;
};

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(text));
}

class Reader {
 public:
  // `first_line`: of `text` in the file, from 0.
  Reader(std::string_view text, std::uint32_t first_line) : text_(text), first_line_(first_line) {}

  Result<std::vector<Yaml>> read() {
    if (text_.size() > limits::yaml_bytes_max) {
      return problem(ErrorCode::limit,
                     "the YAML text is longer than " + std::to_string(limits::yaml_bytes_max >> 20) + " MiB",
                     {first_line_ + 1, 1}, "split the file");
    }
    parser_.reset(new yaml_parser_t);
    if (yaml_parser_initialize(parser_.get()) == 0) {
      return problem(ErrorCode::limit, "no memory for the YAML parser", {first_line_ + 1, 1});
    }
    yaml_parser_set_input_string(parser_.get(), reinterpret_cast<const unsigned char*>(text_.data()), text_.size());
    for (;;) {
      yaml_event_t event;
      if (yaml_parser_parse(parser_.get(), &event) == 0) {
        return parser_problem();
      }
      const EventGuard guard(event);
      if (event.type == YAML_STREAM_END_EVENT) {
        return std::move(documents_);
      }
      if (auto done = take(event); !done) {
        return std::unexpected(std::move(done).error());
      }
    }
  }

 private:
  YamlMark to_mark(const yaml_mark_t& mark) const {
    return {static_cast<std::uint32_t>(mark.line + 1) + first_line_, static_cast<std::uint32_t>(mark.column + 1)};
  }

  static std::unexpected<Error> problem(ErrorCode code, std::string message, YamlMark mark, std::string hint = {}) {
    return failure(code, std::move(message), {.line = mark.line, .column = mark.column}, std::move(hint));
  }

  std::unexpected<Error> parser_problem() {
    const std::string what = parser_->problem == nullptr ? "the text is not YAML" : parser_->problem;
    if (parser_->error == YAML_READER_ERROR) {
      const std::size_t offset = std::min(parser_->problem_offset, text_.size());
      const std::string_view before = text_.substr(0, offset);
      YamlMark mark{first_line_ + 1, 1};
      mark.line += static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
      const std::size_t newline = before.rfind('\n');
      mark.column += static_cast<std::uint32_t>(newline == std::string_view::npos ? offset : offset - newline - 1);
      return problem(ErrorCode::encoding, "the text is not clean UTF-8: " + what, mark, "save the file as UTF-8");
    }
    std::string message = what;
    if (parser_->context != nullptr) {
      message += std::string(", ") + parser_->context;
      if (parser_->context_mark.line != parser_->problem_mark.line) {
        message += " that begins on line " + std::to_string(parser_->context_mark.line + 1 + first_line_);
      }
    }
    const bool tab = parser_->problem_mark.index < text_.size() && text_[parser_->problem_mark.index] == '\t';
    return problem(ErrorCode::syntax, std::move(message), to_mark(parser_->problem_mark),
                   tab ? "indent with blanks, not with tabs" : "");
  }

  Result<void> take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        anchors_.clear();
        return {};
      case YAML_SCALAR_EVENT:
        return take_scalar(event);
      case YAML_ALIAS_EVENT:
        return take_alias(event);
      case YAML_SEQUENCE_START_EVENT:
        return open(Yaml::Kind::list, event, event.data.sequence_start.anchor, event.data.sequence_start.tag, "seq");
      case YAML_MAPPING_START_EVENT:
        return open(Yaml::Kind::map, event, event.data.mapping_start.anchor, event.data.mapping_start.tag, "map");
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: {
        Open done = std::move(stack_.back());
        stack_.pop_back();
        for (Yaml::Member& member : done.merged) {
          if (!done.has(member.key)) {
            done.add(std::move(member.key), member.mark, std::move(member.value));
          }
        }
        TRY_VOID(remember(done.anchor, done.node, done.cost));
        return put(std::move(done.node), done.cost);
      }
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_END_EVENT:
        return {};
    }
    return {};
  }

  Result<void> take_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    Yaml node;
    node.mark = to_mark(event.start_mark);
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    node.plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node.kind = node.plain ? plain_kind(node.text) : Yaml::Kind::text;
    if (const std::string_view tag = view(scalar.tag); !tag.empty()) {
      if (tag == "!" || tag == "tag:yaml.org,2002:str") {
        node.kind = Yaml::Kind::text;
        node.plain = false;
      } else if (tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" ||
                 tag == "tag:yaml.org,2002:bool" || tag == "tag:yaml.org,2002:null") {
        node.kind = plain_kind(node.text);
      } else {
        return unknown_tag(tag, event);
      }
    }
    TRY_VOID(spend(1, node.text.size(), node.mark));
    const Cost cost{1, node.text.size(), 1};
    const bool is_key = !stack_.empty() && stack_.back().node.kind == Yaml::Kind::map && !stack_.back().has_key;
    const bool merge = is_key && node.plain && node.text == "<<";
    TRY_VOID(remember(std::string(view(scalar.anchor)), node, cost));
    TRY_VOID(put(std::move(node), cost));
    if (is_key) {
      stack_.back().merge = merge;
    }
    return {};
  }

  Result<void> take_alias(const yaml_event_t& event) {
    const std::string name(view(event.data.alias.anchor));
    const YamlMark mark = to_mark(event.start_mark);
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      return problem(ErrorCode::syntax, "the alias *" + name + " has no anchor before it", mark,
                     "write &" + name + " before the value that is meant");
    }
    const Cost cost = found->second.cost;
    TRY_VOID(spend_copy(cost, mark));
    if (stack_.size() + cost.depth > limits::nesting_max) {
      return too_deep(mark);
    }
    Yaml node = found->second.node;
    node.mark = mark;
    return put(std::move(node), cost);
  }

  Result<void> open(Yaml::Kind kind, const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag_text,
                    std::string_view usual_tag) {
    const std::string_view tag = view(tag_text);
    if (!tag.empty() && tag != "!" &&
        !(tag.starts_with(yaml_tag_prefix) && tag.substr(yaml_tag_prefix.size()) == usual_tag)) {
      return unknown_tag(tag, event);
    }
    Open next;
    next.node.kind = kind;
    next.node.mark = to_mark(event.start_mark);
    next.anchor = view(anchor);
    if (stack_.size() >= limits::nesting_max) {
      return too_deep(next.node.mark);
    }
    if (!stack_.empty() && stack_.back().node.kind == Yaml::Kind::map && !stack_.back().has_key) {
      return bad_key(next.node.mark);
    }
    TRY_VOID(spend(1, 0, next.node.mark));
    stack_.push_back(std::move(next));
    return {};
  }

  // Puts a finished node into what is open, or ends the document.
  Result<void> put(Yaml node, const Cost& cost) {
    if (stack_.empty()) {
      documents_.push_back(std::move(node));
      return {};
    }
    Open& parent = stack_.back();
    parent.cost.nodes += cost.nodes;
    parent.cost.bytes += cost.bytes;
    parent.cost.depth = std::max(parent.cost.depth, cost.depth + 1);
    if (parent.node.kind == Yaml::Kind::list) {
      parent.node.items.push_back(std::move(node));
      return {};
    }
    if (!parent.has_key) {
      if (!node.is_scalar()) {
        return bad_key(node.mark);
      }
      parent.has_key = true;
      parent.merge = false;
      parent.key = std::move(node.text);
      parent.key_mark = node.mark;
      return {};
    }
    parent.has_key = false;
    if (parent.merge) {
      return merge(parent, std::move(node));
    }
    if (parent.has(parent.key)) {
      return problem(ErrorCode::syntax, "the key '" + parent.key + "' stands twice in one map", parent.key_mark,
                     "keep one of them, or put both values into a list");
    }
    parent.add(std::move(parent.key), parent.key_mark, std::move(node));
    return {};
  }

  // YAML 1.1 "merge": members of the merged maps, unless the key is there already; earlier maps win.
  static Result<void> merge(Open& parent, Yaml from) {
    std::vector<Yaml> maps;
    if (from.kind == Yaml::Kind::map) {
      maps.push_back(std::move(from));
    } else {
      maps = std::move(from.items);
    }
    for (Yaml& map : maps) {
      if (map.kind != Yaml::Kind::map) {
        return problem(ErrorCode::syntax, "the merge key << needs a map or a list of maps", map.mark);
      }
      std::move(map.members.begin(), map.members.end(), std::back_inserter(parent.merged));
    }
    return {};
  }

  Result<void> remember(std::string anchor, const Yaml& node, const Cost& cost) {
    if (anchor.empty()) {
      return {};
    }
    TRY_VOID(spend_copy(cost, node.mark));
    anchors_.insert_or_assign(std::move(anchor), Anchored{node, cost});
    return {};
  }

  Result<void> spend_copy(const Cost& cost, YamlMark mark) {
    copied_ += cost.nodes;
    if (copied_ > limits::yaml_copied_nodes_max) {
      return too_many(mark);
    }
    return spend(cost.nodes, cost.bytes, mark);
  }

  static std::unexpected<Error> too_many(YamlMark mark) {
    return problem(ErrorCode::limit, "the YAML text has too many values once its aliases are expanded", mark,
                   "at most " + std::to_string(limits::yaml_nodes_max) + " values in all, " +
                       std::to_string(limits::yaml_copied_nodes_max) + " of them by aliases");
  }

  Result<void> spend(std::size_t nodes, std::size_t bytes, YamlMark mark) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > limits::yaml_nodes_max || bytes_ > 2 * limits::yaml_bytes_max) {
      return too_many(mark);
    }
    return {};
  }

  std::unexpected<Error> too_deep(YamlMark mark) {
    return problem(ErrorCode::limit, "lists and maps are nested deeper than " + std::to_string(limits::nesting_max),
                   mark, "no rule needs that");
  }

  std::unexpected<Error> bad_key(YamlMark mark) {
    return problem(ErrorCode::syntax, "a map key must be plain text", mark,
                   "quote keys that begin with a special character");
  }

  std::unexpected<Error> unknown_tag(std::string_view tag, const yaml_event_t& event) {
    return problem(ErrorCode::syntax, "the YAML tag " + std::string(tag) + " is not known here",
                   to_mark(event.start_mark), "remove the tag");
  }

  std::string_view text_;
  std::uint32_t first_line_;
  std::unique_ptr<yaml_parser_t, ParserDeleter> parser_;
  std::vector<Open> stack_;
  std::vector<Yaml> documents_;
  boost::unordered_flat_map<std::string, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t copied_ = 0;  // of them through aliases and for anchors
  std::size_t bytes_ = 0;
};

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) {
      return &member.value;
    }
  }
  return nullptr;
}

Result<std::vector<Yaml>> parse_yaml(std::string_view text) { return Reader(text, 0).read(); }

std::vector<Result<Yaml>> parse_yaml_documents(std::string_view text) {
  std::vector<Result<Yaml>> out;
  const auto take = [&](Result<std::vector<Yaml>> parsed) {
    if (!parsed) {
      out.emplace_back(std::unexpected(std::move(parsed).error()));
      return;
    }
    for (Yaml& document : *parsed) {
      if (document.kind != Yaml::Kind::null) {
        out.emplace_back(std::move(document));
      }
    }
  };
  auto whole = Reader(text, 0).read();
  if (whole || text.size() > limits::yaml_bytes_max) {
    take(std::move(whole));
    return out;
  }
  // The stream is broken somewhere: cut it at its document markers and read each part by itself.
  std::uint32_t line = 0;
  std::uint32_t first_line = 0;
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    const bool marker = rest.starts_with("---") && (rest.size() == 3 || ascii_space(rest[3]));
    if (marker && at != begin) {
      take(Reader(text.substr(begin, at - begin), first_line).read());
      begin = at;
      first_line = line;
    }
    const std::size_t newline = rest.find('\n');
    at = newline == std::string_view::npos ? text.size() : at + newline + 1;
    ++line;
  }
  take(Reader(text.substr(begin), first_line).read());
  return out;
}

}  // namespace tocsin::wire
