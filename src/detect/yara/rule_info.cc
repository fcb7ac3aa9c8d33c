#include "detect/yara/rule_info.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::detect {
namespace {

// 8-4-4-4-12 hexadecimal digits (RFC 9562 §4), in lower case; empty for other text.
std::string uuid(std::string_view text) {
  if (text.size() != 36) {
    return {};
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = ascii_lower(text[i]);
    if (dash ? c != '-' : !ascii_digit(c) && (c < 'a' || c > 'f')) {
      return {};
    }
  }
  return ascii_lower(text);
}

// "T1059", "T1059.001", "T1059_001" as Sigma tags them: attack.t1059.001; empty for other words.
std::string technique(std::string_view word) {
  const auto digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), ascii_digit); };
  if ((word.size() != 5 && word.size() != 9) || ascii_lower(word[0]) != 't' || !digits(word.substr(1, 4))) {
    return {};
  }
  if (word.size() == 5) {
    return "attack.t" + std::string(word.substr(1));
  }
  if ((word[5] != '.' && word[5] != '_') || !digits(word.substr(6))) {
    return {};
  }
  return "attack.t" + std::string(word.substr(1, 4)) + "." + std::string(word.substr(6));
}

// "CVE_2021_26855", "CVE-2021-26855" as Sigma tags them: cve.2021-26855; empty for other words.
std::string weakness(std::string_view word) {
  if (word.size() < 13 || !ascii_istarts_with(word, "cve") || (word[3] != '-' && word[3] != '_') ||
      (word[8] != '-' && word[8] != '_')) {
    return {};
  }
  const auto digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), ascii_digit); };
  if (!digits(word.substr(4, 4)) || !digits(word.substr(9))) {
    return {};
  }
  return "cve." + std::string(word.substr(4, 4)) + "-" + std::string(word.substr(9));
}

void add_once(std::vector<std::string>& list, std::string text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) {
    list.push_back(std::move(text));
  }
}

// Words of a meta value that are techniques or weaknesses.
void add_words(std::string_view text, std::vector<std::string>& tags) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" ,;|"), text.size());
    add_once(tags, technique(text.substr(0, end)));
    add_once(tags, weakness(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<rules::Level> level_of(const YaraMeta& meta) {
  if (const auto number = parse_int64(trim(meta.text))) {
    return *number >= 0 && *number <= 100 ? std::optional(yara_level(*number)) : std::nullopt;
  }
  const std::string word = ascii_lower(trim(meta.text));
  return word == "info" ? rules::Level::informational : rules::parse_level(word);
}

}  // namespace

rules::Level yara_level(std::int64_t score) {
  return score >= 90   ? rules::Level::critical
         : score >= 75 ? rules::Level::high
         : score >= 60 ? rules::Level::medium
         : score >= 40 ? rules::Level::low
                       : rules::Level::informational;
}

rules::RuleInfo yara_rule_info(std::string_view name, std::span<const YaraMeta> metas,
                               const std::vector<std::string>& tags, const YaraOptions& options) {
  rules::RuleInfo info;
  info.kind = "yara";
  info.taxonomy.clear();
  info.name = info.title = name;
  info.level = options.level;
  for (const std::string& tag : tags) {
    const std::string attack = technique(tag), cve = weakness(tag);
    add_once(info.tags, !attack.empty() ? attack : !cve.empty() ? cve : tag);
  }
  int rank = 0;  // a word says more than a number: level and severity before score
  for (const YaraMeta& meta : metas) {
    const std::string key = ascii_lower(meta.key);
    const std::string text = repair_utf8(meta.text);
    if (key == "description" || (key == "desc" && info.description.empty())) {
      info.description = text;
    } else if (key == "author") {
      info.author = text;
    } else if (key == "license") {
      info.license = text;
    } else if (key == "date") {
      info.date = text;
    } else if (key == "modified") {
      info.modified = text;
    } else if (key == "status") {
      info.status = text;
    } else if (key.starts_with("ref") || key.starts_with("link") || key == "url") {
      add_once(info.references, text);
    } else if (key == "falsepositive" || key == "falsepositives" || key == "false_positives") {
      add_once(info.false_positives, text);
    } else if (key.starts_with("mitre") || key.starts_with("attack") || key == "cve" || key == "technique") {
      add_words(text, info.tags);
    } else if ((key == "id" || key == "uuid" || key == "rule_id") && info.id.empty()) {
      info.id = uuid(trim(text));
    } else if (const int found = key == "level" ? 3 : key == "severity" ? 2 : key == "score" ? 1 : 0; found > rank) {
      if (const auto level = level_of(meta)) {
        info.level = *level;
        rank = found;
      }
    }
  }
  if (options.level_for_all) {
    info.level = *options.level_for_all;
  }
  return info;
}

}  // namespace tocsin::detect
