#include "app/packs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>

#include "app/rule_cache.h"
#include "app/whole_file.h"
#include "base/limits.h"
#include "base/text.h"
#include "source/source.h"
#include "trust/digest.h"
#include "wire/yaml.h"

#define BUILT_IN_PACK(number, name, count)                    \
  extern "C" const char tocsin_pack_##number##_begin[];       \
  extern "C" const char tocsin_pack_##number##_end[];         \
  extern "C" const char tocsin_pack_##number##_about_begin[]; \
  extern "C" const char tocsin_pack_##number##_about_end[];
#include "packs.inc"
#undef BUILT_IN_PACK

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t pack_file_bytes_max = std::uint64_t{8} << 20;
constexpr std::uint64_t pack_bytes_max = std::uint64_t{256} << 20;

bool is_rule_file(std::string_view name) { return name.ends_with(".yml") || name.ends_with(".yaml"); }

class PackVisitor final : public source::Visitor {
 public:
  Result<void> member(const source::Member& member, ByteSource& bytes) override {
    std::string name = member.name;
    if (const std::size_t mark = name.find("!/"); mark != std::string::npos) {
      name.erase(0, mark + 2);
    }
    if (!is_rule_file(name)) {
      return {};
    }
    std::string text;
    char buffer[65536];
    for (;;) {
      TRY(const std::size_t got, bytes.read(buffer));
      if (got == 0) {
        break;
      }
      text.append(buffer, got);
      total_ += got;
      if (text.size() > pack_file_bytes_max || total_ > pack_bytes_max) {
        return failure(ErrorCode::limit, "the pack is larger than a rule pack can be", {.source = name});
      }
    }
    files.push_back({std::move(name), std::move(text)});
    return {};
  }
  void member_done(const source::Member&, std::string_view) override {}
  void skipped(std::string_view name, const Error& why) override {
    if (!failed) {
      failed = why;
      failed->where.source = name;
    }
  }
  void note(std::string_view, std::string_view) override {}
  void progress(std::uint64_t) override {}
  bool cancelled() const override { return false; }

  std::vector<PackFile> files;
  std::optional<Error> failed;

 private:
  std::uint64_t total_ = 0;
};

std::vector<std::string> sorted_rule_files(const fs::path& folder, std::error_code& error) {
  std::vector<std::string> out;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk.depth() > static_cast<int>(limits::folder_depth_max)) {
      walk.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (walk->is_regular_file(ignored) && is_rule_file(walk->path().filename().string())) {
      out.push_back(fs::relative(walk->path(), folder, ignored).generic_string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// The lines of a list, without blank ones and comments (#).
Result<std::vector<std::string>> read_lines(const std::string& path) {
  TRY(const std::string text, read_whole(path, pack_file_bytes_max));
  std::vector<std::string> out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trim(rest.substr(0, end));
    if (!line.empty() && !line.starts_with('#')) {
      out.emplace_back(line);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

void add_to_key(RuleCache& cache, const std::vector<PackFile>& files) {
  for (const PackFile& file : files) {
    cache.add(file.name, file.text);
  }
}

void add_to_key(RuleCache& cache, const rules::Placeholders& lists, const rules::Selection& selection) {
  const auto add = [&](std::string_view name, const std::vector<std::string>& values) {
    cache.add("list", name);
    for (const std::string& value : values) {
      cache.add("value", value);
    }
  };
  for (const auto& [name, values] : lists) {
    add(name, values);
  }
  const auto& [statuses, tags, exclude, least] = selection;
  add("--status", statuses);
  add("--tag", tags);
  add("--exclude", exclude);
  cache.add("--level", rules::level_text(least));
}

Result<rules::Placeholders> read_lists(const Arguments& arguments) {
  rules::Placeholders out;
  for (const std::string& given : arguments.values("--list")) {
    const std::size_t equals = given.find('=');
    if (equals == std::string::npos || equals == 0) {
      return failure(ErrorCode::usage, "--list takes NAME=FILE, not '" + given + "'");
    }
    TRY(const std::vector<std::string> listed, read_lines(given.substr(equals + 1)));
    auto& values = out[given.substr(0, equals)];
    values.insert(values.end(), listed.begin(), listed.end());
  }
  return out;
}

// What pack.yaml says of its pack.
Result<void> read_about(std::string_view yaml, Pack& pack) {
  TRY(const auto documents, wire::parse_yaml(yaml));
  if (documents.empty()) {
    return {};
  }
  const auto take = [&](std::string_view key, std::string& into) {
    if (const wire::Yaml* value = documents[0].find(key); value != nullptr && value->is_scalar()) {
      into = value->text;
    }
  };
  take("name", pack.name);
  take("version", pack.version);
  take("license", pack.license);
  take("description", pack.description);
  take("kind", pack.kind);
  return {};
}

Pack unread_pack(std::string_view archive, const std::string& name) {
  Pack pack;
  pack.name = name;
  pack.kind = "sigma";
  pack.license = "not stated";
  pack.version = "not stated";
  pack.sha256 = trust::sha256_hex(archive);
  return pack;
}

}  // namespace

Result<Pack> read_pack(std::string_view archive, const std::string& fallback_name) {
  PackVisitor visitor;
  TRY_VOID(source::walk_memory(fallback_name + ".zip", archive, {}, visitor));
  if (visitor.failed) {
    return std::unexpected(*visitor.failed);
  }
  Pack pack = unread_pack(archive, fallback_name);
  for (PackFile& file : visitor.files) {
    if (file.name != "pack.yaml") {
      pack.files.push_back(std::move(file));
    } else {
      TRY_VOID(read_about(file.text, pack));
    }
  }
  std::sort(pack.files.begin(), pack.files.end(), [](const PackFile& a, const PackFile& b) { return a.name < b.name; });
  if (pack.files.empty()) {
    return failure(ErrorCode::unknown_format, "holds no rules (.yml files)", {.source = pack.name},
                   "a pack is a zip or tar archive of Sigma rules");
  }
  pack.count = pack.files.size();
  return pack;
}

Result<void> load_files(Pack& pack) {
  if (pack.files.empty() && !pack.archive.empty()) {
    TRY(Pack read, read_pack(pack.archive, pack.name));
    pack.files = std::move(read.files);
  }
  return {};
}

std::string user_pack_folder() {
  if (const char* own = std::getenv("TOCSIN_PACKS"); own != nullptr && *own != '\0') {
    return own;
  }
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0') {
    return std::string(data) + "/tocsin/packs";
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/share/tocsin/packs";
}

Result<std::vector<Pack>> all_packs() {
  std::map<std::string, Pack> packs;
  const auto between = [](const char* begin, const char* end) {
    return std::string_view(begin, static_cast<std::size_t>(end - begin));
  };
#define BUILT_IN_PACK(number, pack_name, pack_count)                                                           \
  {                                                                                                            \
    const std::string_view archive = between(tocsin_pack_##number##_begin, tocsin_pack_##number##_end);        \
    Pack pack = unread_pack(archive, pack_name);                                                               \
    TRY_VOID(read_about(between(tocsin_pack_##number##_about_begin, tocsin_pack_##number##_about_end), pack)); \
    pack.archive = archive;                                                                                    \
    pack.count = pack_count;                                                                                   \
    pack.origin = "built in";                                                                                  \
    const std::string key = pack.name;                                                                         \
    packs[key] = std::move(pack);                                                                              \
  }
#include "packs.inc"
#undef BUILT_IN_PACK
  std::error_code error;
  std::vector<fs::path> own;
  for (const auto& entry : fs::directory_iterator(user_pack_folder(), error)) {
    if (entry.path().extension() == ".zip") {
      own.push_back(entry.path());
    }
  }
  std::sort(own.begin(), own.end());
  for (const fs::path& path : own) {
    const auto archive = read_whole(path.string(), pack_bytes_max);
    auto pack = archive ? read_pack(*archive, path.stem().string()) : std::unexpected(archive.error());
    if (!pack) {
      message("pack " + path.string() + " was left out: " + pack.error().text());
      continue;
    }
    pack->origin = path.string();
    pack->name = path.stem().string();
    packs[pack->name] = std::move(*pack);
  }
  std::vector<Pack> out;
  out.reserve(packs.size());
  for (auto& [name, pack] : packs) {
    out.push_back(std::move(pack));
  }
  return out;
}

report::RuleRef rule_ref(const rules::RuleInfo& info) {
  return {.id = info.id,
          .title = info.title,
          .level = std::string(rules::level_text(info.level)),
          .source = info.kind,
          .status = info.status,
          .description = info.description,
          .author = info.author,
          .file = info.source,
          .tags = info.tags,
          .references = info.references,
          .false_positives = info.false_positives,
          .text = {}};
}

Result<std::vector<PackFile>> read_rule_files(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return failure(ErrorCode::not_found, "no such file or folder", {.source = path});
  }
  std::vector<PackFile> out;
  if (!fs::is_directory(path, error)) {
    TRY(std::string text, read_whole(path, pack_file_bytes_max));
    out.push_back({path, std::move(text)});
    return out;
  }
  const std::vector<std::string> files = sorted_rule_files(path, error);
  if (error) {
    return failure(ErrorCode::unreadable, "the folder cannot be read: " + error.message(), {.source = path});
  }
  out.reserve(files.size());
  for (const std::string& file : files) {
    const std::string name = (fs::path(path) / file).string();
    TRY(std::string text, read_whole(name, pack_file_bytes_max));
    out.push_back({name, std::move(text)});
  }
  return out;
}

std::vector<Option> rule_command_options() {
  return {
      {"--rules", "DIR", "Sigma rules from a folder or file instead of the built-in packs", true},
      {"--pack", "NAME", "Only these packs ('tocsin pack list' names them)", true},
      {"--filters", "DIR", "Sigma filters from a folder or file", true},
      {"--list", "NAME=FILE", "Values for the placeholder %NAME% of |expand, one a line", true},
      {"--level", "LEVEL", "Leave out rules below LEVEL: informational, low, medium, high, critical"},
      {"--status", "STATUS", "Only rules with this status: stable, test, experimental…", true},
      {"--tag", "TAG", "Only rules with this tag, such as attack.t1059", true},
      {"--exclude", "ID|FILE", "Leave out rules by id or title, or all that a file lists, one a line", true},
      {"--no-rule-cache", "", "Read all rules anew instead of those kept from an earlier run"},
  };
}

std::map<std::string, std::string, std::less<>> rule_texts(const Arguments& arguments,
                                                           const std::set<std::string, std::less<>>& sources) {
  std::map<std::string, std::string, std::less<>> out;
  if (arguments.has("--rules")) {
    for (const std::string& source : sources) {
      if (auto text = read_whole(source, pack_file_bytes_max)) {
        out.emplace(source, std::move(*text));
      }
    }
  }
  if (out.size() == sources.size()) {
    return out;
  }
  if (auto packs = all_packs()) {
    for (Pack& pack : *packs) {
      if (!load_files(pack)) {
        continue;
      }
      for (PackFile& file : pack.files) {
        if (sources.contains(file.name)) {
          out.emplace(file.name, std::move(file.text));
        }
      }
    }
  }
  return out;
}

Result<LoadedRules> load_rules(const Arguments& arguments) {
  rules::Selection selection;
  selection.statuses = arguments.values("--status");
  // sigma-rules-specification.md, "Status".
  constexpr std::array<std::string_view, 5> statuses = {"stable", "test", "experimental", "deprecated", "unsupported"};
  for (const std::string& status : selection.statuses) {
    if (std::none_of(statuses.begin(), statuses.end(), [&](auto known) { return ascii_iequals(known, status); })) {
      return failure(ErrorCode::usage, "there is no status '" + status + "'", {},
                     "one or more of stable, test, experimental, deprecated, unsupported");
    }
  }
  selection.tags = arguments.values("--tag");
  if (const auto level = arguments.value("--level")) {
    const auto parsed = rules::parse_level(*level);
    if (!parsed) {
      return failure(ErrorCode::usage, "there is no level '" + *level + "'", {},
                     "one of informational, low, medium, high, critical");
    }
    selection.least = *parsed;
  }
  if (const auto found = arguments.options.find("--exclude"); found != arguments.options.end()) {
    for (const std::string& given : found->second) {
      std::error_code error;
      if (!fs::is_regular_file(given, error)) {
        selection.exclude.push_back(given);
        continue;
      }
      TRY(const std::vector<std::string> listed, read_lines(given));
      selection.exclude.insert(selection.exclude.end(), listed.begin(), listed.end());
    }
  }
  TRY(rules::Placeholders lists, read_lists(arguments));
  LoadedRules out;
  std::vector<PackFile> before, after;  // rules of folders, and filters
  TRY(std::vector<Pack> packs, all_packs());
  const std::vector<std::string> wanted = arguments.values("--pack");
  for (const std::string& name : wanted) {
    if (std::none_of(packs.begin(), packs.end(), [&](const Pack& pack) { return pack.name == name; })) {
      return failure(ErrorCode::usage, "there is no pack '" + name + "'", {}, "'tocsin pack list' shows what is there");
    }
  }
  const auto folders = arguments.options.find("--rules");
  const bool own_rules = folders != arguments.options.end();
  out.rules_wanted = own_rules;
  if (own_rules) {
    for (const std::string& path : folders->second) {
      TRY(std::vector<PackFile> files, read_rule_files(path));
      out.packs.push_back({.name = path, .version = "", .license = "", .sha256 = "", .count = files.size()});
      std::move(files.begin(), files.end(), std::back_inserter(before));
    }
  }
  std::vector<Pack> sigma;
  for (Pack& pack : packs) {
    const bool named = std::find(wanted.begin(), wanted.end(), pack.name) != wanted.end();
    if (pack.kind == "false-friends") {
      TRY_VOID(load_files(pack));
      out.false_friends.push_back(std::move(pack));
      continue;
    }
    if (pack.kind == "sigma" ? (own_rules ? !named : !wanted.empty() && !named) : !wanted.empty() && !named) {
      continue;
    }
    out.packs.push_back({pack.name, pack.version, pack.license, pack.sha256, pack.count});
    if (pack.kind == "sigma") {
      out.rules_wanted = true;
      sigma.push_back(std::move(pack));
      continue;
    }
    TRY_VOID(load_files(pack));
    for (PackFile& file : pack.files) {
      out.playbooks.push_back({pack.name + "/" + file.name, std::move(file.text)});
    }
  }
  if (const auto filters = arguments.options.find("--filters"); filters != arguments.options.end()) {
    for (const std::string& path : filters->second) {
      TRY(std::vector<PackFile> files, read_rule_files(path));
      std::move(files.begin(), files.end(), std::back_inserter(after));
    }
  }
  RuleCache cache(!arguments.has("--no-rule-cache"));
  add_to_key(cache, lists, selection);
  add_to_key(cache, before);
  for (const Pack& pack : sigma) {
    cache.add("pack", pack.sha256);
  }
  cache.add("filters", "");
  add_to_key(cache, after);
  if (auto kept = cache.find()) {
    out.set = std::make_shared<const rules::RuleSet>(*std::move(kept));
  } else {
    rules::SigmaLoader loader(std::move(lists));
    const auto add = [&](const std::vector<PackFile>& files) {
      for (const PackFile& file : files) {
        loader.add(file.name, file.text);
      }
    };
    add(before);
    for (Pack& pack : sigma) {
      TRY_VOID(load_files(pack));
      add(pack.files);
    }
    add(after);
    out.set = std::make_shared<const rules::RuleSet>(std::move(loader).finish(selection));
    cache.keep(*out.set);
  }
  for (const std::string& tag : out.set->unmet_tags) {
    message("--tag " + tag + ": no rule has this tag");
  }
  for (const std::string& entry : out.set->unmet_excludes) {
    message("--exclude " + entry + ": no rule has this id or title, and no file is called so");
  }
  return out;
}

}  // namespace tocsin::app
