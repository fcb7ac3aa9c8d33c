#include "detect/yara/yara_rules.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <set>

#include "base/text.h"
#include "detect/yara/implementation.h"
#include "detect/yara/limits.h"
#include "detect/yara/rule_info.h"
#include "detect/yara/rule_text.h"

namespace tocsin::detect {
namespace {

// Modules that read nothing but the bytes at hand. Left out: magic (reads a database of the machine and of $HOME) and
// cuckoo (wants the report of a sandbox).
constexpr std::array<std::string_view, 9> modules = {"console", "dex",  "dotnet", "elf", "hash",
                                                     "macho",   "math", "pe",     "time"};
constexpr std::string_view names_hint =
    "a rule may use filename, filepath, extension, filetype and owner, the modules that its file imports, and rules "
    "above it in its file";

std::string module_names() {
  std::string out;
  for (const std::string_view name : modules) {
    out += (out.empty() ? "" : ", ") + std::string(name);
  }
  return out;
}

// Once for the process; libyara keeps tables of its own.
bool libyara_ready() {
  static const bool ready = [] {
    return yr_initialize() == ERROR_SUCCESS &&
           // Matches are cut out of the scanned bytes when they are reported, so copies of them would only cost.
           yr_set_configuration_uint32(YR_CONFIG_MAX_MATCH_DATA, 0) == ERROR_SUCCESS &&
           yr_set_configuration_uint32(YR_CONFIG_MAX_STRINGS_PER_RULE, limits::yara_rule_strings_max) == ERROR_SUCCESS;
  }();
  return ready;
}

struct DestroyCompiler {
  void operator()(YR_COMPILER* compiler) const { yr_compiler_destroy(compiler); }
};
using Compiler = std::unique_ptr<YR_COMPILER, DestroyCompiler>;

struct Message {
  bool error = true;
  std::uint32_t line = 0;
  std::string text;
};

void keep_message(int level, const char*, int line, const YR_RULE*, const char* text, void* data) {
  auto& messages = *static_cast<std::vector<Message>*>(data);
  if (messages.size() < limits::yara_problems_max) {
    messages.push_back({level == YARA_ERROR_LEVEL_ERROR, static_cast<std::uint32_t>(std::max(line, 0)), text});
  }
}

Result<Compiler> new_compiler(std::vector<Message>& messages) {
  YR_COMPILER* made = nullptr;
  if (!libyara_ready() || yr_compiler_create(&made) != ERROR_SUCCESS) {
    return failure(ErrorCode::limit, "libyara has no memory for a compiler");
  }
  Compiler compiler(made);
  yr_compiler_set_callback(made, keep_message, &messages);
  yr_compiler_set_include_callback(made, nullptr, nullptr, nullptr);  // includes are resolved here, never by libyara
  for (const char* name : yara_externals) {
    if (yr_compiler_define_string_variable(made, name, "") != ERROR_SUCCESS) {
      return failure(ErrorCode::limit, "libyara has no memory for its external variables");
    }
  }
  return compiler;
}

// "rules/a.yar" includes "../b.yar": the folders' names resolved, empty where that leads out.
std::string resolved(std::string_view from, std::string_view include) {
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view path, bool is_file) {
    while (!path.empty()) {
      const std::size_t slash = path.find_first_of("/\\");
      const bool last = slash == std::string_view::npos;
      const std::string_view part = path.substr(0, slash);
      path = last ? std::string_view() : path.substr(slash + 1);
      if (last && !is_file) {
        break;
      }
      if (part == "..") {
        if (parts.empty()) {
          return false;
        }
        parts.pop_back();
      } else if (!part.empty() && part != ".") {
        parts.push_back(part);
      }
    }
    return true;
  };
  if (include.empty() || include[0] == '/' || include[0] == '\\' || !add(from, false) || !add(include, true)) {
    return {};
  }
  std::string out;
  for (const std::string_view part : parts) {
    out += (out.empty() ? "" : "/") + std::string(part);
  }
  return out;
}

// One rule or import of a file or of what it includes, in the order in which they are compiled.
struct Part {
  std::uint32_t source = 0;
  YaraItem item;
  bool alive = true;
  std::uint32_t first_line = 0;  // in the text of the round
};

class Loader {
 public:
  Loader(std::span<const YaraSource> sources, const YaraOptions& options)
      : sources_(sources), out_(std::make_unique<YaraRules::Implementation>()) {
    out_->options = options;
  }

  Result<std::unique_ptr<YaraRules::Implementation>> run() {
    cut();
    mark_included();
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
      if (usable_[source] && !included_[source]) {
        TRY_VOID(check_root(source));
      }
    }
    TRY_VOID(compile());
    return std::move(out_);
  }

 private:
  void say(rules::Diagnostic::Severity severity, ErrorCode code, std::string message, std::uint32_t source,
           std::uint32_t line, std::string_view rule = {}, std::string hint = {}) {
    if (++problems_[source] > limits::yara_problems_max) {
      return;
    }
    rules::Diagnostic& diagnostic = out_->diagnostics.emplace_back();
    diagnostic.severity = severity;
    diagnostic.rule_id = rule;
    if (!rule.empty()) {
      message = "rule " + std::string(rule) + ": " + message;
    }
    diagnostic.error = {code, std::move(message), {.source = sources_[source].name, .line = line}, std::move(hint)};
  }

  void reject(Part& part, ErrorCode code, std::string message, std::uint32_t line, std::string hint = {}) {
    if (!part.alive) {
      return;
    }
    part.alive = false;
    say(rules::Diagnostic::Severity::error, code, std::move(message), part.source, line,
        part.item.kind == YaraItem::Kind::rule ? part.item.name : std::string_view(), std::move(hint));
    if (part.item.kind == YaraItem::Kind::rule) {
      ++out_->rejected;
      rejected_names_.emplace(part.item.name);
    }
  }

  void cut() {
    items_.resize(sources_.size());
    usable_.assign(sources_.size(), false);
    included_.assign(sources_.size(), false);
    problems_.assign(sources_.size(), 0);
    std::size_t bytes = 0;
    for (std::uint32_t i = 0; i < sources_.size(); ++i) {
      std::string_view text = sources_[i].text;
      if (text.size() > limits::yara_file_bytes_max || bytes + text.size() > limits::yara_bytes_max) {
        say(rules::Diagnostic::Severity::error, ErrorCode::limit, "the rules are too large to be loaded", i, 0, {},
            "give fewer or smaller files");
        continue;
      }
      bytes += text.size();
      if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
      }
      usable_[i] = true;
      items_[i] = cut_yara(text);
      by_name_.emplace(sources_[i].name, i);
    }
  }

  void mark_included() {
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
      for (const YaraItem& item : items_[source]) {
        if (item.kind == YaraItem::Kind::include) {
          const auto found = by_name_.find(resolved(sources_[source].name, item.name));
          if (found != by_name_.end() && found->second != source) {
            included_[found->second] = true;
          }
        }
      }
    }
    // Files that include each other in a ring are read from the first of them.
    std::vector<bool> reached(sources_.size());
    for (const bool rings : {false, true}) {
      for (std::uint32_t source = 0; source < sources_.size(); ++source) {
        if (rings && usable_[source] && !reached[source]) {
          included_[source] = false;
        }
        if (included_[source] || reached[source]) {
          continue;
        }
        std::vector<std::uint32_t> open = {source};
        reached[source] = true;
        while (!open.empty()) {
          const std::uint32_t at = open.back();
          open.pop_back();
          for (const YaraItem& item : items_[at]) {
            const auto found = item.kind == YaraItem::Kind::include
                                   ? by_name_.find(resolved(sources_[at].name, item.name))
                                   : by_name_.end();
            if (found != by_name_.end() && !reached[found->second]) {
              reached[found->second] = true;
              open.push_back(found->second);
            }
          }
        }
      }
    }
  }

  // The parts of a file with those of the files that it includes in their places, each file once.
  std::vector<Part> expand(std::uint32_t root) {
    struct Level {
      std::uint32_t source;
      std::size_t next;
    };
    std::vector<Part> parts;
    std::set<std::uint32_t> seen = {root};
    std::vector<Level> open = {{root, 0}};
    std::size_t bytes = 0;
    while (!open.empty()) {
      Level& level = open.back();
      const std::uint32_t source = level.source;
      if (level.next == items_[source].size()) {
        open.pop_back();
        continue;
      }
      const YaraItem& item = items_[source][level.next++];
      if (item.kind != YaraItem::Kind::include) {
        parts.push_back({.source = source, .item = item});
        continue;
      }
      const auto found = by_name_.find(resolved(sources_[source].name, item.name));
      if (!item.closed || found == by_name_.end()) {
        say(rules::Diagnostic::Severity::error, ErrorCode::rule_reference,
            "the included file \"" + repair_utf8(item.name) + "\" is not among the rule files", source, item.line, {},
            "give the folder that holds both; an include reads nothing outside of what was given");
        continue;
      }
      if (!seen.insert(found->second).second) {
        continue;
      }
      bytes += sources_[found->second].text.size();
      if (open.size() > limits::yara_include_depth_max || bytes > limits::yara_file_bytes_max) {
        say(rules::Diagnostic::Severity::error, ErrorCode::limit, "includes are too deep or too large", source,
            item.line);
        continue;
      }
      open.push_back({found->second, 0});
    }
    return parts;
  }

  // What can be told without libyara.
  void check_part(Part& part) {
    const YaraItem& item = part.item;
    switch (item.kind) {
      case YaraItem::Kind::rule:
        ++out_->given;
        if (!item.closed) {
          reject(part, ErrorCode::syntax, "the closing brace is missing", item.line,
                 "a rule ends with '}' before the next one begins");
        } else if (item.text.find('\0') != std::string_view::npos) {
          reject(part, ErrorCode::encoding, "a zero byte in the text of the rule", item.line,
                 "rule files are ASCII or UTF-8 text");
        } else if (out_->given > limits::yara_rules_max) {
          reject(part, ErrorCode::limit, "there are too many rules", item.line, "give fewer files");
        }
        break;
      case YaraItem::Kind::import:
        if (std::find(modules.begin(), modules.end(), item.name) == modules.end()) {
          reject(part, ErrorCode::rule_unsupported, "there is no module \"" + repair_utf8(item.name) + "\" here",
                 item.line, "modules are " + module_names());
        }
        break;
      case YaraItem::Kind::include:
      case YaraItem::Kind::stray:
        reject(part, ErrorCode::syntax, "\"" + repair_utf8(item.name.substr(0, 40)) + "\" stands outside of a rule",
               item.line, "only rules, imports and includes stand there; a brace before it may be one too many");
        break;
    }
  }

  static std::string round_text(std::vector<Part>& parts) {
    std::string text;
    std::uint32_t line = 1;
    for (Part& part : parts) {
      part.first_line = line;
      if (part.alive) {
        text.append(part.item.text);
        text += '\n';
        line += part.item.last_line - part.item.line + 1;
      }
    }
    return text;
  }

  // The part of a line; errors at the end of the text belong to the last one.
  static Part* part_of(std::vector<Part>& parts, std::uint32_t line) {
    Part* found = nullptr;
    for (Part& part : parts) {
      if (part.alive) {
        if (part.first_line > line && found != nullptr) {
          break;
        }
        found = &part;
      }
    }
    return found;
  }

  void reject_with(Part& part, const Message& message) {
    const std::uint32_t line =
        std::min(part.item.line + (message.line - std::min(message.line, part.first_line)), part.item.last_line);
    std::string text = repair_utf8(message.text);
    ErrorCode code = ErrorCode::syntax;
    std::string hint;
    if (text.starts_with("undefined identifier")) {
      code = ErrorCode::rule_reference;
      hint = names_hint;
      const std::size_t quote = text.find('"');
      const std::string name = quote == std::string::npos ? "" : text.substr(quote + 1, text.rfind('"') - quote - 1);
      if (rejected_names_.contains(name)) {
        text = "it needs rule " + name + ", which was rejected";
        hint.clear();
      }
    } else if (text.starts_with("duplicated identifier")) {
      code = ErrorCode::rule_duplicate;
      hint = "names are unique in a file and what it includes";
    } else if (text.starts_with("unknown module")) {
      code = ErrorCode::rule_unsupported;
    } else if (text == "syntax error") {
      hint = "rules are read as YARA 4.2 does";
    }
    reject(part, code, std::move(text), line, std::move(hint));
  }

  // Compiles a file by itself until what is left of it has no errors.
  Result<void> check_root(std::uint32_t root) {
    std::vector<Part> parts = expand(root);
    rejected_names_.clear();
    bool global_lost = false;
    const auto alive_rules = [&] {
      return static_cast<std::uint64_t>(std::count_if(parts.begin(), parts.end(), [](const Part& part) {
        return part.alive && part.item.kind == YaraItem::Kind::rule;
      }));
    };
    for (Part& part : parts) {
      check_part(part);
    }
    std::size_t bytes = 0;
    for (std::size_t round = 0; alive_rules() != 0; ++round) {
      const std::string text = round_text(parts);
      bytes += text.size();
      // A global rule narrows every other rule of its file: without it they would find too much.
      for (const Part& part : parts) {
        global_lost = global_lost || (!part.alive && part.item.global);
      }
      if (global_lost || round == limits::yara_rounds_max || (round != 0 && bytes > limits::yara_round_bytes_max)) {
        for (Part& part : parts) {
          reject(part, global_lost ? ErrorCode::rule_reference : ErrorCode::limit,
                 global_lost ? "a global rule of its file was rejected" : "too many errors in this file to go on",
                 part.item.line);
        }
        break;
      }
      std::vector<Message> messages;
      TRY(Compiler compiler, new_compiler(messages));
      const int errors = yr_compiler_add_string(compiler.get(), text.c_str(), "0");
      if (errors == 0) {
        yr_compiler_set_callback(compiler.get(), nullptr, nullptr);  // its messages end here
        sole_ = roots_.empty() ? std::move(compiler) : nullptr;
        for (const Message& message : messages) {
          if (Part* part = part_of(parts, message.line)) {
            say(rules::Diagnostic::Severity::warning, ErrorCode::rule_unsupported, repair_utf8(message.text),
                part->source,
                std::min(part->item.line + (message.line - std::min(message.line, part->first_line)),
                         part->item.last_line),
                part->item.name);
          }
        }
        break;
      }
      const std::uint64_t before = out_->rejected + rejected_imports_;
      std::vector<std::pair<Part*, const Message*>> found;
      for (const Message& message : messages) {
        if (message.error) {
          found.emplace_back(part_of(parts, message.line), &message);
        }
      }
      for (const auto& [part, message] : found) {
        if (part != nullptr) {
          rejected_imports_ += part->alive && part->item.kind != YaraItem::Kind::rule ? 1 : 0;
          reject_with(*part, *message);
        }
      }
      if (out_->rejected + rejected_imports_ == before) {
        // An error without a place: the last rule goes, so that this ends.
        reject_with(*part_of(parts, ~std::uint32_t{0}), {true, 0, "libyara does not take it"});
      }
    }
    if (alive_rules() != 0) {
      roots_.push_back({root, std::move(parts)});
    } else if (parts.empty()) {
      say(rules::Diagnostic::Severity::warning, ErrorCode::rule_invalid, "there is no rule in this file", root, 0);
    }
    return {};
  }

  // All files together, each in its own namespace.
  Result<void> compile() {
    if (roots_.size() == 1 && sole_ != nullptr) {
      return finish(*sole_);
    }
    for (;;) {
      std::vector<Message> messages;
      TRY(const Compiler compiler, new_compiler(messages));
      std::size_t refused = roots_.size();
      for (std::size_t i = 0; i < roots_.size() && refused == roots_.size(); ++i) {
        const std::string text = round_text(roots_[i].parts);
        if (yr_compiler_add_string(compiler.get(), text.c_str(), std::to_string(i).c_str()) != 0) {
          refused = i;
        }
      }
      if (refused != roots_.size()) {
        std::string why = "libyara does not take the file beside the others";
        for (const Message& message : messages) {
          why = message.error ? repair_utf8(message.text) : why;
        }
        for (Part& part : roots_[refused].parts) {
          reject(part, ErrorCode::limit, why, part.item.line);
        }
        roots_.erase(roots_.begin() + static_cast<std::ptrdiff_t>(refused));
        continue;
      }
      return finish(*compiler);
    }
  }

  Result<void> finish(YR_COMPILER& compiler) {
    YR_RULES* made = nullptr;
    if (yr_compiler_get_rules(&compiler, &made) != ERROR_SUCCESS) {
      return failure(ErrorCode::limit, "libyara has no memory for the rules", {}, "give fewer files");
    }
    out_->compiled.reset(made);
    describe();
    return {};
  }

  void describe() {
    std::vector<boost::unordered_flat_map<std::string_view, const Part*>> by_name(roots_.size());
    std::vector<std::vector<const Part*>> imports(roots_.size());
    for (std::size_t i = 0; i < roots_.size(); ++i) {
      for (const Part& part : roots_[i].parts) {
        if (part.alive && part.item.kind == YaraItem::Kind::rule) {
          by_name[i].emplace(part.item.name, &part);
        } else if (part.alive && std::none_of(imports[i].begin(), imports[i].end(),
                                              [&](const Part* known) { return known->item.name == part.item.name; })) {
          imports[i].push_back(&part);
        }
      }
    }
    const YR_RULE* rule = nullptr;
    yr_rules_foreach(out_->compiled.get(), rule) {
      ++out_->loaded;
      if (RULE_IS_PRIVATE(rule)) {
        out_->numbers.push_back(YaraRules::Implementation::unreported);
        continue;
      }
      out_->numbers.push_back(static_cast<std::uint32_t>(out_->rules.size()));
      std::vector<YaraMeta> metas;
      const YR_META* meta = nullptr;
      yr_rule_metas_foreach(rule, meta) {
        const bool text = meta->type == META_TYPE_STRING;
        metas.push_back({meta->identifier,
                         text                              ? std::string(meta->string)
                         : meta->type == META_TYPE_BOOLEAN ? std::string(meta->integer != 0 ? "true" : "false")
                                                           : std::to_string(meta->integer),
                         meta->type == META_TYPE_INTEGER});
      }
      std::vector<std::string> tags;
      const char* tag = nullptr;
      yr_rule_tags_foreach(rule, tag) { tags.emplace_back(tag); }
      YaraRule& out = out_->rules.emplace_back();
      out.info = yara_rule_info(rule->identifier, metas, tags, out_->options);
      const std::size_t root = parse_uint64(rule->ns->name).value_or(0);
      if (const auto found = by_name[root].find(rule->identifier); found != by_name[root].end()) {
        const Part& part = *found->second;
        out.info.source = sources_[part.source].name;
        out.info.line = part.item.line;
        for (const Part* import : imports[root]) {
          if (part.item.text.find(std::string(import->item.name) + ".") != std::string_view::npos) {
            out.text += std::string(import->item.text) + "\n";
          }
        }
        out.text += repair_utf8(part.item.text);
      }
    }
  }

  struct Root {
    std::uint32_t source = 0;
    std::vector<Part> parts;
  };

  std::span<const YaraSource> sources_;
  std::unique_ptr<YaraRules::Implementation> out_;
  std::vector<std::vector<YaraItem>> items_;
  std::vector<bool> usable_, included_;
  std::vector<std::size_t> problems_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
  std::set<std::string, std::less<>> rejected_names_;  // of the file at work
  std::uint64_t rejected_imports_ = 0;
  std::vector<Root> roots_;
  Compiler sole_;  // of the first file, which needs no second compiling where it is the only one
};

}  // namespace

Result<std::shared_ptr<const YaraRules>> YaraRules::compile(std::span<const YaraSource> sources,
                                                            const YaraOptions& options) {
  TRY(std::unique_ptr<Implementation> made, Loader(sources, options).run());
  std::stable_sort(made->diagnostics.begin(), made->diagnostics.end(), [](const auto& a, const auto& b) {
    return std::tuple(std::string_view(a.error.where.source), a.error.where.line) <
           std::tuple(std::string_view(b.error.where.source), b.error.where.line);
  });
  return std::make_shared<const YaraRules>(std::move(made));
}

YaraRules::YaraRules(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
YaraRules::~YaraRules() = default;
const std::vector<YaraRule>& YaraRules::rules() const { return implementation_->rules; }
const std::vector<rules::Diagnostic>& YaraRules::diagnostics() const { return implementation_->diagnostics; }
std::uint64_t YaraRules::given() const { return implementation_->given; }
std::uint64_t YaraRules::loaded() const { return implementation_->loaded; }
std::uint64_t YaraRules::rejected() const { return implementation_->rejected; }
const YaraOptions& YaraRules::options() const { return implementation_->options; }

}  // namespace tocsin::detect
