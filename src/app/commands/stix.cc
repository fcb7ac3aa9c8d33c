// tocsin stix match: STIX patterns against observed data.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>

#include "app/command.h"
#include "app/stix_files.h"
#include "app/whole_file.h"
#include "base/limits.h"
#include "base/text.h"
#include "detect/stix_pattern.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

using wire::Json;

struct NamedPattern {
  std::string name;    // the indicator's id, the file, or empty
  std::string source;  // for errors
  std::string text;
  std::string indicator;  // its name, for people
};

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// ---- Patterns ----------------------------------------------------------------------------------------------

void collect_indicators(const Json& document, const std::string& source, std::vector<NamedPattern>& out,
                        std::size_t& other_languages) {
  std::vector<const Json*> objects;
  if (document.kind == Json::Kind::array) {
    for (const Json& item : document.items) {
      objects.push_back(&item);
    }
  } else if (const Json* list = document.find("objects");
             document.string_or("type", "") == "bundle" && list != nullptr) {
    for (const Json& item : list->items) {
      objects.push_back(&item);
    }
  } else {
    objects.push_back(&document);
  }
  for (const Json* object : objects) {
    if (object->kind != Json::Kind::object || object->string_or("type", "") != "indicator") {
      continue;
    }
    // STIX 2.0 has no pattern_type: its patterns are all STIX.
    if (object->string_or("pattern_type", "stix") != "stix") {
      ++other_languages;
      continue;
    }
    const std::string id(object->string_or("id", source));
    out.push_back({id, fmt::format("{}: {}", source, id), std::string(object->string_or("pattern", "")),
                   std::string(object->string_or("name", ""))});
  }
}

Result<void> collect_patterns(const std::string& argument, std::vector<NamedPattern>& out,
                              std::size_t& other_languages) {
  struct stat status{};
  const bool exists = argument == "-" || stat(argument.c_str(), &status) == 0;
  const std::string_view start = trim(argument);
  if (!exists && (start.starts_with('[') || start.starts_with('(') || start.starts_with('/'))) {
    out.push_back({"", "pattern", argument, ""});
    return {};
  }
  if (!exists) {
    return failure(ErrorCode::not_found, "'" + printable(argument, 100) + "' is neither a file nor a pattern", {},
                   "a pattern begins with [ or (");
  }
  TRY(const std::string text, read_whole(argument, limits::record_bytes_max));
  const std::string_view content = trim(text);
  if (content.starts_with('{') || content.starts_with('[')) {
    auto json = wire::parse_json(content);
    if (json) {
      const std::size_t before = out.size() + other_languages;
      collect_indicators(*json, argument, out, other_languages);
      if (out.size() + other_languages == before) {
        return failure(ErrorCode::not_found, "there is no indicator in it", {.source = argument});
      }
      return {};
    }
    if (content.starts_with('{')) {
      Error error = std::move(json).error();
      error.where.source = argument;
      return std::unexpected(std::move(error));
    }
  }
  out.push_back({argument, argument, text, ""});
  return {};
}

// ---- Answers -----------------------------------------------------------------------------------------------

std::vector<std::string> bound_names(const detect::StixMatch& found, const stix::ObservedData& data) {
  std::vector<std::string> names;
  for (const std::uint32_t at : found.observations) {
    const std::string_view id = data.observations[at].id;
    names.push_back(id.empty() ? "#" + std::to_string(at + 1) : std::string(id));
  }
  return names;
}

void append_answer(wire::JsonWriter& json, const detect::StixMatch& found, const stix::ObservedData& data) {
  json.key("match").boolean(found.matched).key("bindings").begin_array();
  for (const std::string& name : bound_names(found, data)) {
    json.string(name);
  }
  json.end_array();
}

void append_error(wire::JsonWriter& json, const Error& error) {
  json.key("error").begin_object().member("code", code_text(error.code));
  std::string text = error.message;
  if (error.where.line != 0) {
    text = fmt::format("{}:{}: {}", error.where.line, error.where.column, text);
  }
  json.member("message", error.hint.empty() ? text : text + " (" + error.hint + ")").end_object();
}

void warn(const detect::StixWork& work) {
  if (work.gave_up != 0) {
    message(
        fmt::format("warning: {} regular expression searches took too many steps and count as no match", work.gave_up));
  }
  if (work.cut_paths != 0) {
    message(fmt::format("warning: {} object paths led to more than {} values; the rest was not looked at",
                        work.cut_paths, limits::pattern_path_values_max));
  }
}

// ---- Filter over JSON lines --------------------------------------------------------------------------------

Result<void> answer_line(const std::string& line, wire::JsonWriter& json, detect::StixWork& work) {
  TRY(Json request, wire::parse_json(line));
  const Json* pattern_text = request.find("pattern");
  const Json* documents = request.find("observed_data");
  if (pattern_text == nullptr || pattern_text->kind != Json::Kind::string || documents == nullptr ||
      (documents->kind != Json::Kind::array && documents->kind != Json::Kind::object)) {
    return failure(ErrorCode::usage, "the line needs \"pattern\" and \"observed_data\"", {},
                   R"({"pattern":"[file:size = 1]","observed_data":[…]})");
  }
  TRY(const auto pattern, detect::StixPattern::compile(pattern_text->text));
  TRY(const stix::ObservedData data, stix::read_observed_data({documents, 1}));
  TRY(const detect::StixMatch found, detect::match(*pattern, data, work));
  append_answer(json, found, data);
  if (data.skipped != 0) {
    json.key("skipped").number(data.skipped).key("problems").begin_array();
    for (const std::string& problem : data.problems) {
      json.string(problem);
    }
    json.end_array();
  }
  return {};
}

int run_filter(const Arguments& arguments) {
  const std::string name = arguments.positional.empty() ? "-" : arguments.positional.front();
  const auto file = open_input(name);
  if (!file) {
    return report_error(file.error());
  }
  LineReader reader(file->get(), limits::record_bytes_max);
  bool failed = false;
  detect::StixWork work;
  std::string out;
  while (auto line = reader.next()) {
    std::string answer;
    wire::JsonWriter json(answer);
    json.begin_object();
    const auto result = *line ? answer_line(**line, json, work) : Result<void>(std::unexpected(line->error()));
    if (!result) {
      failed = true;
      append_error(json, result.error());
    }
    json.end_object();
    out += answer + "\n";
    if (out.size() > (std::size_t{1} << 16)) {
      print(out);
      out.clear();
    }
  }
  print(out);
  warn(work);
  // A filter tells what it found in its lines: only a line that could not be answered is worth an exit code.
  return failed ? exit_failed : exit_nothing_found;
}

// ---- Patterns against files --------------------------------------------------------------------------------

int run_match(const Arguments& arguments) {
  if (arguments.has("--jsonl")) {
    if (arguments.has("--in") || arguments.positional.size() > 1) {
      return report_error({ErrorCode::usage, "--jsonl reads one file, or stdin", {}, "leave --in out"});
    }
    return run_filter(arguments);
  }
  const std::string form = arguments.value("--format").value_or("text");
  if (form != "text" && form != "json") {
    return report_error({ErrorCode::usage, "--format takes text or json, not '" + form + "'", {}, {}});
  }
  const auto inputs = arguments.options.find("--in");
  if (arguments.positional.empty() || inputs == arguments.options.end()) {
    return report_error({ErrorCode::usage,
                         "a pattern and --in are both needed",
                         {},
                         "tocsin stix match \"[file:size = 1]\" --in bundle.json"});
  }
  std::vector<NamedPattern> patterns;
  std::size_t other_languages = 0;
  for (const std::string& argument : arguments.positional) {
    if (const auto collected = collect_patterns(argument, patterns, other_languages); !collected) {
      return report_error(collected.error());
    }
  }
  std::vector<Json> documents;
  for (const std::string& name : inputs->second) {
    const auto text = read_whole(name, limits::record_bytes_max);
    auto json = text ? wire::parse_json(*text) : Result<Json>(std::unexpected(text.error()));
    if (!json) {
      Error error = std::move(json).error();
      error.where.source = name;
      return report_error(error);
    }
    documents.push_back(*std::move(json));
  }
  const auto data = stix::read_observed_data(documents);
  if (!data) {
    return report_error(data.error());
  }
  detect::StixWork work;
  std::size_t matched = 0;
  bool failed = false;
  for (const NamedPattern& named : patterns) {
    const auto pattern = detect::StixPattern::compile(named.text);
    const auto found =
        pattern ? detect::match(**pattern, *data, work) : Result<detect::StixMatch>(std::unexpected(pattern.error()));
    std::string line;
    if (!found) {
      failed = true;
      Error error = found.error();
      error.where.source = named.source;
      report_error(error);
    } else if (found->matched) {
      ++matched;
    }
    if (form == "json") {
      wire::JsonWriter json(line);
      json.begin_object();
      if (!named.name.empty()) {
        json.member("id", named.name);
      }
      if (!named.indicator.empty()) {
        json.member("name", named.indicator);
      }
      json.member("pattern", named.text);
      found ? append_answer(json, *found, *data) : append_error(json, found.error());
      json.end_object();
      line += '\n';
    } else if (found) {
      line = fmt::format("{}  {}{}{}\n", found->matched ? "match   " : "no match",
                         printable(named.name, 200) + (named.name.empty() ? "" : "  "),
                         printable(named.indicator, 200) + (named.indicator.empty() ? "" : "  "),
                         printable(named.text, 400));
      for (const std::uint32_t at : found->observations) {
        const stix::Observation& observation = data->observations[at];
        line +=
            fmt::format("          {}  {}{}\n",
                        observation.id.empty() ? fmt::format("#{}", at + 1) : printable(observation.id, 200),
                        stix::timestamp_text(observation.first),
                        observation.first == observation.last ? "" : " to " + stix::timestamp_text(observation.last));
      }
    }
    print(line);
  }
  for (const std::string& problem : data->problems) {
    message("skipped " + printable(problem, 300));
  }
  warn(work);
  message(fmt::format("{} of {} patterns match {} observed-data{}{}", matched, patterns.size(),
                      data->observations.size(), data->skipped == 0 ? "" : fmt::format(", {} skipped", data->skipped),
                      other_languages == 0 ? "" : fmt::format("; {} indicators in other languages", other_languages)));
  return failed ? exit_failed : matched != 0 ? exit_found : exit_nothing_found;
}

}  // namespace

extern const Command command_stix_match;
const Command command_stix_match = {
    .name = "stix match",
    .doc = "Match STIX patterns against observed data",
    .about =
        "PATTERN is a STIX 2.1 pattern, FILE holds one, or an indicator, or a bundle of indicators. Each is matched "
        "against the observed-data in the bundles of --in: all operators, qualifiers and object paths of section 9 of "
        "the standard. For a match the observed-data that it was bound to is listed. Exit code 1 says that a pattern "
        "matched, 2 that one is wrong or could not be decided.\n\nWith --jsonl it is a filter: every line of FILE, or "
        "of stdin, is {\"pattern\": \"…\", \"observed_data\": […]}, and gives one line {\"match\": true, "
        "\"bindings\": [ids]} or {\"error\": {…}}; the exit code is then 0, or 2 where a line gave an error.",
    .example = "tocsin stix match \"[file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4']\" --in bundle.json",
    .positional = "PATTERN|FILE…",
    .positional_min = 0,
    .options = {{"--in", "FILE", "Bundle, observed-data or a list of them; - is stdin", true},
                {"--format", "text|json", "json: one object a line for each pattern"},
                {"--jsonl", "", "Filter JSON lines from FILE or stdin"}},
    .run = run_match,
};

}  // namespace tocsin::app
