// tocsin roster: who takes part in consultations, made from their keys, and what its numbers mean.
#include <fmt/format.h>

#include <set>

#include "app/command.h"
#include "app/duration.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/zone.h"
#include "consult/entry.h"
#include "consult/limits.h"
#include "consult/roster.h"
#include "council/acts.h"
#include "stix/author_key.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

struct Named {
  std::string name;
  std::string value;
};

// NAME=VALUE, as typed: a value may hold commas.
Result<std::vector<Named>> pairs(const Arguments& arguments, std::string_view option) {
  std::vector<Named> out;
  const auto given = arguments.options.find(option);
  if (given == arguments.options.end()) {
    return out;
  }
  for (const std::string& each : given->second) {
    const std::size_t equals = each.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == each.size()) {
      return failure(ErrorCode::usage, std::string(option) + " is NAME=VALUE, not '" + each + "'");
    }
    out.push_back({each.substr(0, equals), each.substr(equals + 1)});
  }
  return out;
}

Result<stix::AuthorKey> key_in(const std::string& path) {
  TRY(const std::string text, read_whole(path, 65'536));
  const auto json = wire::parse_json(text);
  const wire::Json* document = !json                                                ? nullptr
                               : json->string_or("type", "") == "tocsin-secret-key" ? json->find("key")
                                                                                    : &*json;
  if (document == nullptr || document->string_or("type", "") != "tocsin-key") {
    return failure(ErrorCode::syntax, "this is no public key", {.source = path}, "'tocsin key new' prints one");
  }
  std::string canonical;
  wire::JsonWriter writer(canonical);
  wire::write_json(*document, writer);
  stix::KeyRing ring;
  if (auto added = ring.add(canonical); !added) {
    added.error().where.source = path;
    return std::unexpected(std::move(added).error());
  }
  return *ring.find(document->string_or("kid", ""));
}

void say(const council::RosterCheck& check) {
  for (const std::string& line : check.says) {
    print_out("{}\n", line);
  }
  for (const std::string& line : check.warnings) {
    print_out("warning: {}\n", line);
  }
}

Result<int> make(const Arguments& arguments) {
  struct Role {
    std::string_view option, role;
  };
  TRY(const auto zones, pairs(arguments, "--zone"));
  const auto zone_of = [&](const std::string& name) {
    std::string out;
    for (const Named& zone : zones) {
      out = zone.name == name ? zone.value : out;
    }
    return out;
  };
  for (const Named& zone : zones) {
    TRY_VOID(Zone::find(zone.value));
  }
  const std::vector<std::string> named = arguments.values("--witness");
  const std::set<std::string> witnesses(named.begin(), named.end());
  std::set<std::string> names;
  std::uint64_t count = 0;
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().key("members").begin_array();
  for (const auto& [option, role] : {Role{"--member", "member"}, {"--chair", "chair"}, {"--partner", "partner"}}) {
    TRY(const auto given, pairs(arguments, option));
    for (const auto& [name, file] : given) {
      if (!consult::is_name(name)) {
        return failure(ErrorCode::usage, "'" + name + "' is no name", {}, "1 to 32 of A-Z a-z 0-9 and -");
      }
      TRY(const stix::AuthorKey key, key_in(file));
      const bool witness = named.empty() ? role != "partner" : witnesses.contains(name);
      count += witness ? 1U : 0U;
      names.insert(name);
      json.begin_object().member("id", name).member("key", trust::to_hex(key.key)).member("role", role);
      json.key("witness").boolean(witness).member("organisation", key.identity);
      if (const std::string zone = zone_of(name); !zone.empty()) {
        json.member("zone", zone);
      }
      json.end_object();
    }
  }
  for (const std::string& witness : witnesses) {
    if (!names.contains(witness)) {
      return failure(ErrorCode::usage, "the witness " + witness + " is not on the roster");
    }
  }
  std::uint64_t quorum = (count + 1) / 2;
  if (const auto asked = arguments.value("--quorum")) {
    const auto number = parse_uint64(*asked);
    if (!number) {
      return failure(ErrorCode::usage, "'" + *asked + "' is no number of witnesses");
    }
    quorum = *number;
  }
  TRY(const std::chrono::seconds challenge, parse_duration(arguments.value("--challenge").value_or("24h")));
  TRY(auto classes, pairs(arguments, "--class"));
  if (classes.empty()) {
    classes = {{"crisis", "2h"}, {"urgent", "24h"}, {"normal", "72h"}};
  }
  json.end_array().key("min_period_seconds").begin_object();
  for (const auto& [name, period] : classes) {
    TRY(const std::chrono::seconds seconds, parse_duration(period));
    json.key(name).number(std::int64_t{seconds.count()});
  }
  json.end_object().key("challenge_seconds").number(std::int64_t{challenge.count()}).key("version").number(1);
  json.key("witness_quorum").number(quorum).end_object();
  TRY(const std::string canonical, wire::canonical_json(text));
  const consult::RosterReading reading = consult::read_roster(canonical);
  if (!reading.roster) {
    return failure(ErrorCode::usage, "these make no valid roster: " + reading.problem);
  }
  write_out(canonical + "\n");
  const council::RosterCheck check = council::check_roster(*reading.roster);
  message("hash " + consult::hex(reading.roster->hash));
  for (const std::string& line : check.says) {
    message(line);
  }
  for (const std::string& line : check.warnings) {
    message("warning: " + line);
  }
  return exit_nothing_found;
}

int run_make(const Arguments& arguments) {
  const auto exit = make(arguments);
  return exit ? *exit : report_error(exit.error());
}

int run_check(const Arguments& arguments) {
  const auto text = read_whole(arguments.positional.front(), consult::limits::roster_bytes_max);
  if (!text) {
    return report_error(text.error());
  }
  const consult::RosterReading reading = consult::read_roster(*text);
  if (!reading.roster) {
    return report_error({ErrorCode::damaged,
                         "the roster is not valid: " + reading.problem,
                         {.source = arguments.positional.front()},
                         {}});
  }
  print_out("hash {}\n", consult::hex(reading.roster->hash));
  const council::RosterCheck check = council::check_roster(*reading.roster);
  for (const std::string& line : council::participant_words(*text, *reading.roster)) {
    print_out("{}\n", line);
  }
  say(check);
  return check.warnings.empty() ? exit_nothing_found : exit_found;
}

}  // namespace

extern const Command command_roster_make;
const Command command_roster_make = {
    .name = "roster make",
    .doc = "Make a roster from the keys of those who take part",
    .about =
        "Prints a roster for 'consult open': members, who may break a silence; one chair, who has no national voice; "
        "partners, who may associate themselves. Each is NAME=FILE with a public key. Witnesses prove when something "
        "was "
        "there: all members and the chair, unless --witness names others. The hash, which everybody must compare by "
        "another way, and how many witnesses may be absent, go to stderr.",
    .example =
        "tocsin roster make --chair CHAIR=chair.pub --member NOR=nor.pub --member EST=est.pub --member POL=pol.pub "
        "--quorum 2 > roster.json",
    .positional = "",
    .positional_min = 0,
    .options = {{"--member", "NAME=FILE", "A member and its public key", true},
                {"--chair", "NAME=FILE", "The chair and its public key"},
                {"--partner", "NAME=FILE", "A partner and its public key", true},
                {"--witness", "NAMES", "The witnesses (default: members and chair)", true},
                {"--quorum", "N", "Witnesses that prove a time (default: half of them)"},
                {"--challenge", "TIME", "How long after the deadline a break may still be shown (default: 24h)"},
                {"--class", "NAME=TIME",
                 "A class of silence and its minimum period (default: crisis=2h urgent=24h normal=72h)", true},
                {"--zone", "NAME=ZONE", "The time zone of a member: warns of deadlines at night", true}},
    .run = run_make,
};

extern const Command command_roster_check;
const Command command_roster_check = {
    .name = "roster check",
    .doc = "What a roster means: its hash, and how many witnesses may be absent",
    .about =
        "Checks that a roster is valid and says in words what its numbers mean, before anybody agrees to it. Exit code "
        "1 "
        "says that there is a warning.",
    .example = "tocsin roster check roster.json",
    .positional = "FILE",
    .positional_min = 1,
    .options = {},
    .run = run_check,
};

}  // namespace tocsin::app
