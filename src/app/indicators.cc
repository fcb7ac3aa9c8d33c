#include "app/indicators.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <map>
#include <set>
#include <tuple>

#include "app/pipeline.h"
#include "base/limits.h"
#include "base/text.h"
#include "rules/indicators/loader.h"
#include "source/source.h"
#include "trust/uuid.h"

namespace tocsin::app {
namespace {

// Our own namespace for indicators whose list gives them no id (RFC 9562 §5.5).
constexpr std::array<std::uint8_t, 16> indicator_namespace = {0x5b, 0x1d, 0x7a, 0x9e, 0x0c, 0x42, 0x4f, 0x6b,
                                                              0x9a, 0x57, 0x3e, 0x88, 0xd1, 0x24, 0x6f, 0xc3};
constexpr std::size_t shown_value_bytes_max = 200;

class ListVisitor final : public source::Visitor {
 public:
  explicit ListVisitor(rules::IndicatorLoader& loader) : loader_(loader) {}
  Result<void> member(const source::Member& member, ByteSource& bytes) override {
    if (const auto added = loader_.add(member.name, bytes); !added) {
      skipped(member.name, added.error());
      return {};
    }
    lists.push_back(member.name);
    return {};
  }
  void member_done(const source::Member&, std::string_view) override {}
  void skipped(std::string_view name, const Error& why) override {
    problems.push_back(why);
    problems.back().where.source = name;
  }
  void note(std::string_view, std::string_view) override {}
  void progress(std::uint64_t) override {}
  bool cancelled() const override { return interrupted(); }

  std::vector<std::string> lists;
  std::vector<Error> problems;

 private:
  rules::IndicatorLoader& loader_;
};

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + "'";
}

// The value as a STIX pattern, for reports that go to others; empty where STIX has no such property.
std::string stix_pattern(const rules::IndicatorEntry& entry, std::string_view shown) {
  using Kind = rules::IndicatorKind;
  const auto equals = [&](std::string_view path) { return fmt::format("[{} = {}]", path, quoted(shown)); };
  switch (entry.kind) {
    case Kind::ipv4:
      return equals("ipv4-addr:value");
    case Kind::ipv6:
      return equals("ipv6-addr:value");
    case Kind::cidr:
      return fmt::format("[{} ISSUBSET {}]", entry.value[0] == '\4' ? "ipv4-addr:value" : "ipv6-addr:value",
                         quoted(shown));
    case Kind::md5:
      return equals("file:hashes.MD5");
    case Kind::sha1:
      return equals("file:hashes.'SHA-1'");
    case Kind::sha256:
      return equals("file:hashes.'SHA-256'");
    case Kind::sha512:
      return equals("file:hashes.'SHA-512'");
    case Kind::url:
      return equals("url:value");
    case Kind::email:
      return equals("email-addr:value");
    case Kind::registry_key:
      return equals("windows-registry-key:key");
    case Kind::file_path: {
      const std::size_t slash = shown.rfind('/');
      return fmt::format("[file:name = {} AND file:parent_directory_ref.path = {}]", quoted(shown.substr(slash + 1)),
                         quoted(shown.substr(0, std::max<std::size_t>(1, slash))));
    }
    case Kind::domain:
      return equals("domain-name:value");
    case Kind::file_name:
      return equals("file:name");
    case Kind::mutex:
      return equals("mutex:name");
    case Kind::user_agent:
      return equals("network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'");
    case Kind::ja3:
      return equals("network-traffic:extensions.'x-tls-ext'.ja3");
    case Kind::ja3s:
      return equals("network-traffic:extensions.'x-tls-ext'.ja3s");
  }
  return "";
}

std::string cut(std::string text) {
  if (text.size() > shown_value_bytes_max) {
    text = repair_utf8(std::string_view(text).substr(0, shown_value_bytes_max)) + "…";
  }
  return text;
}

report::RuleRef pattern_rule(const rules::IndicatorStore& store, const rules::IndicatorPattern& pattern) {
  const rules::IndicatorOrigin& origin = store.origins()[pattern.origin];
  report::RuleRef out;
  out.id = pattern.id.empty() ? trust::uuid_v5(indicator_namespace, "pattern:" + pattern.text) : pattern.id;
  out.title =
      fmt::format("STIX pattern {} ({})", cut(pattern.title.empty() ? pattern.text : pattern.title), origin.list);
  out.level = rules::level_text(pattern.level);
  out.source = "indicator";
  out.description = repair_utf8(pattern.title);
  out.file = origin.list;
  out.text = repair_utf8(pattern.text);
  return out;
}

// Patterns that are wrong, or speak of objects that no log event is seen as, are named or counted and left out.
void compile_patterns(LoadedIndicators& out) {
  const rules::IndicatorStore& store = out.set->store();
  report::IndicatorSummary& summary = out.summary;
  std::vector<std::shared_ptr<const detect::StixPattern>> patterns;
  std::map<std::string, std::uint64_t> unsupported;
  std::set<std::tuple<std::string, Time, Time>> known;  // by normal form and validity: lists repeat each other
  for (std::uint32_t number = 0; number < store.patterns().size(); ++number) {
    const rules::IndicatorPattern& given = store.patterns()[number];
    auto pattern = detect::StixPattern::compile(given.text);
    if (!pattern) {
      ++summary.rejected;
      if (summary.rejected <= limits::indicator_problems_max) {
        out.diagnostics.push_back({rules::Diagnostic::Severity::error,
                                   {ErrorCode::indicator_invalid,
                                    fmt::format("the pattern{} cannot be used: {}",
                                                given.id.empty() ? "" : " of " + given.id, pattern.error().text()),
                                    {.source = store.origins()[given.origin].list, .line = given.line},
                                    {}},
                                   given.id});
      }
      continue;
    }
    if (!known.emplace(stix::pattern_text((*pattern)->pattern()), given.from, given.until).second) {
      ++summary.repeated;
      continue;
    }
    if (const auto unknown = detect::StixRules::unknown_types(**pattern); !unknown.types.empty()) {
      const std::string type = repair_utf8(unknown.types.front().substr(0, shown_value_bytes_max));
      if (unknown.all) {
        ++summary.unsupported;
        ++unsupported["objects of type " + type];
        continue;
      }
      ++unsupported["objects of type " + type + " (the rest of the pattern is looked for)"];
    }
    patterns.push_back(std::move(*pattern));
    out.pattern_numbers.push_back(number);
  }
  summary.patterns = patterns.size();
  summary.loaded += patterns.size();
  summary.unsupported_types.insert(summary.unsupported_types.end(), unsupported.begin(), unsupported.end());
  if (!patterns.empty()) {
    out.patterns = std::make_shared<const detect::StixRules>(std::move(patterns));
  }
}

}  // namespace

std::vector<Option> indicator_command_options() {
  return {
      {"--indicators", "FILE", "Look for the indicators of FILE: STIX bundle, MISP event, CSV or plain list", true},
      {"--indicator-level", "LEVEL", "Level of what indicators find (default: what the list says, else medium)"},
      {"--no-indicator-text", "", "Look only in fields whose names say what they hold, not in free text"},
      {"--no-indicator-subdomains", "", "A domain stands for itself alone, not for the names below it"},
      {"--indicators-any-time", "", "Do not mind from when and until when an indicator is valid"},
      {"--no-false-friends", "", "Report also private addresses, large vendors' names and the like"},
  };
}

Result<LoadedIndicators> load_indicators(const Arguments& arguments, const std::vector<Pack>& packs) {
  LoadedIndicators out;
  const auto given = arguments.options.find("--indicators");
  if (given == arguments.options.end()) {
    return out;
  }
  const std::clock_t start = std::clock();
  rules::IndicatorOptions options;
  if (const auto level = arguments.value("--indicator-level")) {
    options.level = rules::parse_level(*level);
    if (!options.level) {
      return failure(ErrorCode::usage, "there is no level '" + *level + "'", {},
                     "one of informational, low, medium, high, critical");
    }
  }
  rules::IndicatorLoader loader(options);
  ListVisitor visitor(loader);
  for (const std::string& list : given->second) {
    TRY_VOID(source::walk({list}, {}, visitor));
  }
  if (visitor.lists.empty() && !visitor.problems.empty()) {
    return std::unexpected(visitor.problems.front());
  }
  const std::shared_ptr<const rules::IndicatorStore> store = std::move(loader).finish();
  for (const Error& problem : visitor.problems) {
    out.diagnostics.push_back({rules::Diagnostic::Severity::error, problem, ""});
  }
  out.diagnostics.insert(out.diagnostics.end(), store->diagnostics.begin(), store->diagnostics.end());
  std::shared_ptr<rules::FalseFriends> friends;
  if (!arguments.has("--no-false-friends")) {
    friends = std::make_shared<rules::FalseFriends>();
    for (const Pack& pack : packs) {
      if (pack.kind != "false-friends") {
        continue;
      }
      for (const PackFile& file : pack.files) {
        TRY_VOID(friends->add(pack.name + "/" + file.name, file.text));
      }
      out.packs.push_back({pack.name, pack.version, pack.license, pack.sha256, pack.files.size()});
    }
  }
  detect::IndicatorSearch search;
  search.text = !arguments.has("--no-indicator-text");
  search.names_below = !arguments.has("--no-indicator-subdomains");
  search.any_time = arguments.has("--indicators-any-time");
  search.plain = arguments.value("--engine") == "plain";
  out.set = detect::IndicatorSet::compile(store, friends, search);
  const rules::IndicatorCounts& counts = store->counts;
  report::IndicatorSummary& summary = out.summary;
  summary.lists = std::move(visitor.lists);
  summary.given = counts.given;
  summary.loaded = counts.loaded;
  summary.rejected = counts.rejected + counts.beyond_limit;
  summary.repeated = out.set->duplicates();
  summary.not_for_detection = counts.not_for_detection;
  summary.revoked = counts.revoked;
  summary.unsupported = counts.unsupported;
  for (const std::uint64_t count : out.set->false_friends()) {
    summary.false_friends += count;
  }
  for (std::size_t i = 0; i < rules::indicator_kinds; ++i) {
    if (counts.by_kind[i] != 0) {
      summary.by_type.emplace_back(rules::indicator_types()[i]->name, counts.by_kind[i]);
    }
  }
  for (const auto& [type, count] : counts.unsupported_types) {
    summary.unsupported_types.emplace_back(type, count);
  }
  compile_patterns(out);
  summary.load_seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return out;
}

report::RuleRef indicator_rule(const rules::IndicatorStore& store, const rules::IndicatorEntry& entry) {
  const rules::IndicatorType& type = rules::indicator_type(entry.kind);
  const rules::IndicatorOrigin& origin = store.origins()[entry.origin];
  const std::string shown = type.show(entry.value);
  report::RuleRef out;
  out.id = entry.id.empty() ? trust::uuid_v5(indicator_namespace, fmt::format("{}:{}", type.name, shown))
                            : std::string(entry.id);
  out.title = fmt::format("{} {} ({})", type.title, cut(shown), origin.list);
  out.level = rules::level_text(entry.level);
  out.source = "indicator";
  for (const std::string_view part : {entry.title, std::string_view(origin.context)}) {
    if (!part.empty()) {
      out.description += (out.description.empty() ? "" : "; ") + repair_utf8(part);
    }
  }
  out.file = origin.list;
  out.text = stix_pattern(entry, shown);
  return out;
}

void FoundIndicators::open(std::shared_ptr<const detect::IndicatorSet> set, std::uint32_t first_rule) {
  set_ = std::move(set);
  first_rule_ = first_rule;
  hidden_friends_.resize(set_->false_friends().size());
}

template <class Make>
std::uint32_t FoundIndicators::next_number(Make make) {
  const auto most = static_cast<std::uint32_t>(limits::indicators_reported_max);
  if (rules_.size() > most) {
    return first_rule_ + most;
  }
  if (rules_.size() < most) {
    auto [rule, level] = make();
    rules_.push_back(std::move(rule));
    levels_.push_back(level);
  } else {
    report::RuleRef& more = rules_.emplace_back();
    more.id = trust::uuid_v5(indicator_namespace, "more");
    more.title = fmt::format("Further indicators, beyond {}", most);
    more.level = rules::level_text(rules::Level::medium);
    more.source = "indicator";
    levels_.push_back(rules::Level::medium);
  }
  return first_rule_ + static_cast<std::uint32_t>(rules_.size() - 1);
}

std::uint32_t FoundIndicators::rule_of(detect::IndicatorSet::Position position) {
  const auto found = numbers_.find(position);
  if (found != numbers_.end()) {
    return found->second;
  }
  const std::uint32_t number = next_number([&] {
    const rules::IndicatorEntry entry = set_->store().at(position);
    return std::pair(indicator_rule(set_->store(), entry), entry.level);
  });
  if (number - first_rule_ < limits::indicators_reported_max) {
    numbers_.emplace(position, number);
  }
  return number;
}

std::uint32_t FoundIndicators::rule_of_pattern(std::uint32_t number) {
  const auto [known, fresh] = pattern_numbers_.emplace(number, 0);
  if (fresh) {
    known->second = next_number([&] {
      const rules::IndicatorPattern& pattern = set_->store().patterns()[number];
      return std::pair(pattern_rule(set_->store(), pattern), pattern.level);
    });
  }
  return known->second;
}

void FoundIndicators::hidden(detect::IndicatorHit::Hidden why, detect::IndicatorSet::Position position) {
  switch (why) {
    case detect::IndicatorHit::Hidden::no:
      break;
    case detect::IndicatorHit::Hidden::false_friend:
      if (const auto list = set_->friends()->find(set_->store().at(position))) {
        ++hidden_friends_[*list];
      }
      break;
    case detect::IndicatorHit::Hidden::outside_validity:
      ++outside_validity_;
      break;
  }
}

void FoundIndicators::name_hidden(report::Summary& summary) const {
  for (std::size_t i = 0; i < hidden_friends_.size(); ++i) {
    if (hidden_friends_[i] != 0) {
      summary.hidden.emplace_back(fmt::format("false friends among indicators, {} (--no-false-friends shows them)",
                                              set_->friends()->lists()[i].description),
                                  hidden_friends_[i]);
    }
  }
  if (outside_validity_ != 0) {
    summary.hidden.emplace_back("indicators not valid at the time of the event (--indicators-any-time shows them)",
                                outside_validity_);
  }
}

}  // namespace tocsin::app
