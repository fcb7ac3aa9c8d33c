#include "rules/sigma/document.h"

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "rules/sigma/detection.h"

namespace tocsin::rules::sigma {
namespace {

using wire::Yaml;

constexpr std::size_t title_characters_max = 256;

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    next_code_point(text, at);
  }
  return count;
}

// YYYY-MM-DD, or the older YYYY/MM/DD; a time of day behind it is allowed.
bool is_date(std::string_view text) {
  if (text.size() > 4 && text[4] == '/') {
    const std::size_t second = text.find('/', 5);
    if (second == std::string_view::npos) {
      return false;
    }
    const auto year = parse_uint64(text.substr(0, 4));
    const auto month = parse_uint64(text.substr(5, second - 5));
    const auto day = parse_uint64(text.substr(second + 1));
    return year && month && day && *year >= 1000 && *month >= 1 && *month <= 12 && *day >= 1 && *day <= 31;
  }
  return text.size() >= 10 && text[4] == '-' && text[7] == '-' && parse_iso8601(text).has_value();
}

// Text that only people read.
std::string for_people(const Yaml& document, std::string_view key, Problems& problems) {
  const Yaml* value = document.find(key);
  if (value == nullptr || value->kind == Yaml::Kind::null) {
    return {};
  }
  if (!value->is_scalar()) {
    problems.warning(value->mark, "'" + std::string(key) + "' should be text");
    std::string joined;
    for (const Yaml& item : value->items) {
      if (item.is_scalar()) {
        joined += (joined.empty() ? "" : ", ") + item.text;
      }
    }
    return joined;
  }
  return value->text;
}

std::vector<std::string> list_for_people(const Yaml& document, std::string_view key, Problems& problems) {
  std::vector<std::string> out;
  const Yaml* value = document.find(key);
  if (value == nullptr || value->kind == Yaml::Kind::null) {
    return out;
  }
  if (value->kind != Yaml::Kind::list) {
    problems.warning(value->mark, "'" + std::string(key) + "' should be a list", "write each entry behind a '-'");
    if (value->is_scalar()) {
      out.push_back(value->text);
    }
    return out;
  }
  for (const Yaml& item : value->items) {
    if (item.is_scalar()) {
      out.push_back(item.text);
    } else {
      problems.warning(item.mark, "an entry of '" + std::string(key) + "' should be text");
    }
  }
  return out;
}

std::string date_for_people(const Yaml& document, std::string_view key, Problems& problems) {
  std::string text = for_people(document, key, problems);
  if (!text.empty() && !is_date(text)) {
    problems.warning(document.find(key)->mark, "'" + std::string(key) + "' is not a date: " + quoted(text),
                     "write it as YYYY-MM-DD");
  }
  return text;
}

void check_related(const Yaml& document, Problems& problems) {
  const Yaml* related = document.find("related");
  if (related == nullptr || related->kind == Yaml::Kind::null) {
    return;
  }
  constexpr std::string_view hint = "write each as: id: <uuid>, type: derived|obsolete|merged|renamed|similar";
  if (related->kind != Yaml::Kind::list) {
    problems.warning(related->mark, "'related' should be a list", std::string(hint));
    return;
  }
  for (const Yaml& item : related->items) {
    const Yaml* id = item.find("id");
    const Yaml* type = item.find("type");
    constexpr std::string_view types[] = {"derived", "obsolete", "merged", "renamed", "similar", "correlation"};
    const bool sound = id != nullptr && id->is_scalar() && is_uuid(id->text) && type != nullptr && type->is_scalar() &&
                       std::any_of(std::begin(types), std::end(types),
                                   [&](std::string_view each) { return ascii_iequals(each, type->text); });
    if (!sound) {
      problems.warning(item.mark, "an entry of 'related' lacks a sound id or type", std::string(hint));
    }
  }
}

void check_tags(const Yaml& document, Problems& problems) {
  const Yaml* tags = document.find("tags");
  if (tags == nullptr || tags->kind != Yaml::Kind::list) {
    return;
  }
  for (const Yaml& tag : tags->items) {
    if (tag.is_scalar() && tag.text.find('.') == std::string::npos) {
      problems.warning(tag.mark, "the tag " + quoted(tag.text) + " has no namespace", "write it as attack.t1234");
    }
  }
}

// A name from a fixed list, or "" with an error.
std::string choice(const Yaml& document, std::string_view key, std::initializer_list<std::string_view> names,
                   Problems& problems) {
  const Yaml* value = document.find(key);
  if (value == nullptr || value->kind == Yaml::Kind::null) {
    return {};
  }
  std::string all;
  for (const std::string_view name : names) {
    if (value->is_scalar() && ascii_iequals(name, value->text)) {
      return std::string(name);
    }
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  problems.error(value->mark, "the " + std::string(key) + " " + quoted(value->text) + " is not known",
                 "one of: " + all);
  return {};
}

void read_title(const Yaml& document, RuleInfo& info, Problems& problems) {
  const Yaml* title = document.find("title");
  if (title == nullptr || title->kind == Yaml::Kind::null) {
    problems.error(title == nullptr ? document.mark : title->mark, "the title is missing",
                   "add: title: what the rule finds");
  } else if (title->kind != Yaml::Kind::text) {
    problems.error(title->mark, "the title must be text", "put it in quotes");
  } else if (trim(title->text).empty()) {
    problems.error(title->mark, "the title is empty", "say what the rule finds");
  } else if (characters(title->text) > title_characters_max) {
    problems.error(title->mark, "the title is longer than 256 characters", "move the details to the description");
  } else {
    info.title = title->text;
  }
}

}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = ascii_lower(text[i]);
    if (dash ? c != '-' : !(ascii_digit(c) || (c >= 'a' && c <= 'f'))) {
      return false;
    }
  }
  return true;
}

std::string read_text(const Yaml& value, std::string_view what, Problems& problems) {
  if (!value.is_scalar() || value.kind == Yaml::Kind::null) {
    problems.error(value.mark, "the " + std::string(what) + " must be text");
    return {};
  }
  return value.text;
}

std::vector<std::string> read_texts(const Yaml& value, std::string_view what, Problems& problems) {
  std::vector<std::string> out;
  if (value.kind != Yaml::Kind::list) {
    out.push_back(read_text(value, what, problems));
    return out;
  }
  for (const Yaml& item : value.items) {
    out.push_back(read_text(item, what, problems));
  }
  return out;
}

RuleInfo read_info(const Yaml& document, Problems& problems) {
  RuleInfo info;
  info.line = document.mark.line;
  read_title(document, info, problems);
  if (const Yaml* id = document.find("id"); id != nullptr && id->kind != Yaml::Kind::null) {
    if (!id->is_scalar() || !is_uuid(id->text)) {
      problems.error(id->mark, "the id " + quoted(id->text) + " is not a UUID",
                     "write 8-4-4-4-12 hexadecimal digits, as uuidgen gives them");
    } else {
      info.id = id->text;
    }
  }
  if (const Yaml* name = document.find("name"); name != nullptr && name->kind != Yaml::Kind::null) {
    if (name->kind != Yaml::Kind::text || name->text.empty()) {
      problems.error(name->mark, "the name must be text that is not empty", "correlations refer to it");
    } else {
      info.name = name->text;
    }
  }
  if (const Yaml* taxonomy = document.find("taxonomy"); taxonomy != nullptr && taxonomy->kind != Yaml::Kind::null) {
    if (taxonomy->kind != Yaml::Kind::text || taxonomy->text.empty()) {
      problems.error(taxonomy->mark, "the taxonomy must be text that is not empty", "leave it out for 'sigma'");
    } else {
      info.taxonomy = taxonomy->text;
      if (info.taxonomy != "sigma") {
        problems.warning(ErrorCode::rule_unsupported, taxonomy->mark,
                         "the taxonomy " + quoted(info.taxonomy) + " is not known", "field names are used as written");
      }
    }
  }
  const std::string level = choice(document, "level", {"informational", "low", "medium", "high", "critical"}, problems);
  info.level = parse_level(level).value_or(Level::none);
  info.status = choice(document, "status", {"stable", "test", "experimental", "deprecated", "unsupported"}, problems);
  info.description = for_people(document, "description", problems);
  info.author = for_people(document, "author", problems);
  info.license = for_people(document, "license", problems);
  info.date = date_for_people(document, "date", problems);
  info.modified = date_for_people(document, "modified", problems);
  info.tags = list_for_people(document, "tags", problems);
  info.references = list_for_people(document, "references", problems);
  info.false_positives = list_for_people(document, "falsepositives", problems);
  info.fields = list_for_people(document, "fields", problems);
  info.scope = list_for_people(document, "scope", problems);
  check_related(document, problems);
  check_tags(document, problems);
  return info;
}

LogSource read_log_source(const Yaml& document, Problems& problems) {
  LogSource out;
  const Yaml* section = document.find("logsource");
  constexpr std::string_view hint = "add: logsource: with product, category or service";
  if (section == nullptr) {
    problems.error(document.mark, "the logsource is missing", std::string(hint));
    return out;
  }
  if (section->kind != Yaml::Kind::map) {
    problems.error(section->mark, "the logsource must be a map", std::string(hint));
    return out;
  }
  bool failed = false;
  const auto part = [&](std::string_view key) -> std::string {
    const Yaml* value = section->find(key);
    if (value == nullptr || value->kind == Yaml::Kind::null) {
      return {};
    }
    if (value->kind != Yaml::Kind::text || value->text.empty()) {
      problems.error(value->mark, "the " + std::string(key) + " of the logsource must be text", "as: windows");
      failed = true;
      return {};
    }
    return ascii_lower(value->text);
  };
  out.product = part("product");
  out.category = part("category");
  out.service = part("service");
  out.definition = for_people(*section, "definition", problems);
  if (!failed && out.product.empty() && out.category.empty() && out.service.empty()) {
    problems.error(section->mark, "the logsource names no product, category or service", "add at least one of them");
  }
  return out;
}

}  // namespace tocsin::rules::sigma
