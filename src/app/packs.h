// Packs: the rules and playbooks inside the program, and those a user added, as lists of text files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/command.h"
#include "base/result.h"
#include "report/report.h"
#include "rules/sigma.h"
#include "verdict/verdict.h"

namespace tocsin::app {

struct PackFile {
  std::string name;  // path inside the pack
  std::string text;
};

struct Pack {
  std::string name, version, license, description;
  std::string kind;             // "sigma" or "playbooks"
  std::string origin;           // "built in", or the file it was added from
  std::string sha256;           // of the pack's archive
  std::size_t count = 0;        // of rules or playbooks
  std::vector<PackFile> files;  // those, in byte order of names; of a built-in pack only after load_files()
  std::string_view archive;     // of a built-in pack
};

// Reads one pack from a zip archive in memory. Its pack.yaml names name, version, license, description, kind; without
// one (a Sigma release as published) every .yml is a rule and the name comes from `fallback_name`.
Result<Pack> read_pack(std::string_view archive, const std::string& fallback_name);
// Built-in packs, then the user's, in byte order of names; a user's pack replaces a built-in one of the same name.
Result<std::vector<Pack>> all_packs();
// Unpacks a built-in pack where that is not done yet: for thousands of rules it takes longer than reading them stored.
Result<void> load_files(Pack& pack);
// Where added packs are kept: $TOCSIN_PACKS, else $XDG_DATA_HOME/tocsin/packs, else ~/.local/share/tocsin/packs.
std::string user_pack_folder();

// What a command's --rules, --pack, --filters, --list, --status, --tag, --exclude, --level choose.
struct LoadedRules {
  std::shared_ptr<const rules::RuleSet> set;
  std::vector<report::Summary::Pack> packs;  // with counts and digests
  std::vector<verdict::Engine::Text> playbooks;
  std::vector<Pack> false_friends;  // for indicators
  bool rules_wanted = false;        // Sigma rules were asked for, whether or not any is left
};
Result<LoadedRules> load_rules(const Arguments& arguments);
std::vector<Option> rule_command_options();
// The text of rule files by RuleInfo::source, read once more: a hunt does not keep the text of thousands of rules that
// never fire. Files that cannot be read again are left out.
std::map<std::string, std::string, std::less<>> rule_texts(const Arguments& arguments,
                                                           const std::set<std::string, std::less<>>& sources);

// How a report shows a rule; without its text.
report::RuleRef rule_ref(const rules::RuleInfo& info);

// Every .yml/.yaml below a folder, or one file; a file's name is its path, as it can be opened from the working
// directory.
Result<std::vector<PackFile>> read_rule_files(const std::string& path);

}  // namespace tocsin::app
