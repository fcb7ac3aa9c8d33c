// tocsin share: objects from files into a collection of a node, by the rules that hold for what users post.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "app/audit.h"
#include "app/command.h"
#include "app/indicators.h"
#include "app/node.h"
#include "app/node_logs.h"
#include "app/packs.h"
#include "app/standard_output.h"
#include "app/stix_files.h"
#include "app/taxii_peers.h"
#include "gate/gate.h"
#include "gate/recognise.h"
#include "report/visible.h"
#include "rules/indicators/false_friends.h"
#include "taxii/admission.h"
#include "taxii/release.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

// Of what the operator puts in without a user's name. No user can be called so.
constexpr std::string_view operator_writer = "operator:";
constexpr std::size_t put_at_once = 1'000;
constexpr std::size_t shown_max = 20;

struct Shared {
  std::string file;
  std::uint64_t line = 0;
  std::string id, why;  // why it was not stored; empty: it was
  bool present = false;
};

// Why a course of action may not be handed on; empty: it may. Words without a playbook or command decide nothing.
std::string gate_refuses(std::string_view bytes, Time now) {
  const auto object = wire::parse_json(bytes);
  if (!object) {
    return {};  // the reader of objects says it better
  }
  for (const gate::Recognised& one : gate::recognise(*object)) {
    const gate::Verdict verdict = gate::decide(one, {.context = "export"}, now);
    if (verdict.verdict == gate::Class::R && verdict.rule != gate::Rule::nothing_recognised) {
      return fmt::format("the gate refuses it ({}): {}", gate::code_text(verdict.rule), gate::sentence(verdict.rule));
    }
  }
  return {};
}

// Objects of files on their way into one collection.
class Sharing {
 public:
  Sharing(store::Store& store, store::Collection into, store::User user, taxii::LogNames logs)
      : store_(store), into_(std::move(into)), user_(std::move(user)), logs_(std::move(logs)) {}

  Result<void> take(const StixFile& file) {
    for (const StixFile::Item& item : file.objects) {
      Shared& one = all_.emplace_back();
      one.file = file.name;
      one.line = item.line;
      taxii::ObjectHeader header;
      const auto read = taxii::read_header(item.bytes, header);
      one.id = header.id;
      one.why = read ? taxii::what_is_forbidden(item.bytes, header) : read.error().message;
      if (one.why.empty() && header.type == "course-of-action") {
        one.why = gate_refuses(item.bytes, clock_.now());
      }
      if (!one.why.empty()) {
        continue;
      }
      const std::string log = taxii::log_for(header, logs_);
      store::NewVersion version = taxii::new_version(item.bytes, std::move(header), user_.name);
      version.log = log;
      if (!log.empty()) {
        random_.fill(version.salt);
      }
      versions_.push_back(std::move(version));
      places_.push_back(all_.size() - 1);
      if (versions_.size() == put_at_once) {
        TRY_VOID(put());
      }
    }
    return {};
  }

  Result<void> put() {
    if (versions_.empty()) {
      return {};
    }
    TRY(const std::vector<store::Put> done,
        taxii::admit(store_, {into_.root, into_.id}, user_, true, versions_, clock_.now()));
    for (std::size_t at = 0; at < done.size(); ++at) {
      Shared& one = all_[places_[at]];
      one.present = done[at] == store::Put::present;
      one.why = done[at] == store::Put::conflict     ? "other content stands under this id and version"
                : done[at] == store::Put::too_large  ? "it is larger than a node keeps"
                : done[at] == store::Put::over_quota ? "the quota of this user is used up"
                : done[at] == store::Put::known      ? std::string(taxii::not_its_creator)
                                                     : std::string();
    }
    versions_.clear();
    places_.clear();
    return {};
  }

  const std::vector<Shared>& all() const { return all_; }

 private:
  store::Store& store_;
  const store::Collection into_;
  const store::User user_;
  const taxii::LogNames logs_;
  SystemClock clock_;
  SystemRandom random_;
  std::vector<Shared> all_;
  std::vector<store::NewVersion> versions_;
  std::vector<std::size_t> places_;  // in all_, of each version
};

// Values that would be found everywhere: who gets them loses hours.
Result<void> warn_of_false_friends(const Arguments& arguments) {
  TRY(std::vector<Pack> packs, all_packs());
  std::erase_if(packs, [](const Pack& pack) { return pack.kind != "false-friends"; });
  for (Pack& pack : packs) {
    TRY_VOID(load_files(pack));
  }
  Arguments lists;
  lists.options["--indicators"] = arguments.positional;
  TRY(const LoadedIndicators loaded, load_indicators(lists, packs));
  if (!loaded.set || loaded.set->friends() == nullptr) {
    return {};
  }
  std::uint64_t count = 0;
  const rules::IndicatorStore& store = loaded.set->store();
  for (auto at = store.begin(); at != store.end(); at = store.next(at)) {
    const rules::IndicatorEntry entry = store.at(at);
    if (const auto list = loaded.set->friends()->find(entry)) {
      if (count++ < shown_max) {
        message(fmt::format(
            "{} names a value of the list '{}': {}", entry.id.empty() ? "an indicator" : report::visible(entry.id),
            loaded.set->friends()->lists()[*list].name, loaded.set->friends()->lists()[*list].description));
      }
    }
  }
  if (count != 0 && !arguments.has("--anyway")) {
    return failure(
        ErrorCode::usage,
        fmt::format("{} value{} would be found everywhere: nothing was shared", count, count == 1 ? "" : "s"), {},
        "look at them; --anyway shares them");
  }
  return {};
}

Result<store::User> sharer(const Arguments& arguments, const NodeData& node) {
  const auto name = arguments.value("--as");
  if (!name) {
    store::User out;
    out.name = operator_writer;
    return out;
  }
  TRY(const auto user, node.store->user(*name));
  if (!user) {
    return failure(ErrorCode::not_found, "there is no such user", {*name}, "tocsin user list");
  }
  return *user;
}

// Returns whether every object is there now.
Result<bool> share(const Arguments& arguments) {
  const std::string folder = arguments.value("--data").value_or(std::string(data_folder_default));
  const auto where = arguments.value("--collection");
  if (!where) {
    return failure(ErrorCode::usage, "it is not said where the objects go", {},
                   "--collection ROOT/COLLECTION; tocsin collection list shows them");
  }
  if (std::ranges::find(arguments.positional, "-") == arguments.positional.end()) {
    TRY_VOID(warn_of_false_friends(arguments));
  }
  TRY(const NodeData node, open_node(folder));
  TRY(store::Collection into, local_collection(*node.store, *where));
  TRY(store::User user, sharer(arguments, node));
  taxii::LogNames logs;
  if (const auto keys = read_log_keys(folder)) {
    logs = keys->names();
  } else if (keys.error().code != ErrorCode::not_found) {
    return std::unexpected(keys.error());
  }
  TRY_VOID(record_act(folder, "share", {{"collection", into.root + "/" + into.id}, {"as", user.name}}));
  Sharing sharing(*node.store, std::move(into), std::move(user), std::move(logs));
  for (const std::string& name : arguments.positional) {
    TRY(const StixFile file, read_stix_file(name));
    TRY_VOID(sharing.take(file));
  }
  TRY_VOID(sharing.put());
  std::uint64_t stored = 0;
  std::uint64_t present = 0;
  std::uint64_t refused = 0;
  for (const Shared& one : sharing.all()) {
    (one.why.empty() ? one.present ? present : stored : refused) += 1;
    if (arguments.has("--json")) {
      std::string line;
      wire::JsonWriter json(line);
      json.begin_object().member("file", one.file).key("line").number(one.line).member("id", one.id);
      json.member("result", one.why.empty() ? one.present ? "present" : "stored" : "refused");
      json.member("why", one.why).end_object();
      write_out(line + "\n");
    } else if (!one.why.empty()) {
      print_out("refused {}:{} {}: {}\n", report::visible(one.file), one.line, report::visible(one.id),
                report::visible(one.why));
    }
  }
  if (!arguments.has("--json")) {
    print_out("{} stored, {} were there, {} refused\n", stored, present, refused);
  }
  return refused == 0;
}

int run_share(const Arguments& arguments) {
  const auto all = share(arguments);
  return !all ? report_error(all.error()) : *all ? exit_nothing_found : exit_failed;
}

}  // namespace

extern const Command command_share;
const Command command_share = {
    .name = "share",
    .doc = "Put objects from files into a collection of a node",
    .about =
        "Reads STIX bundles, objects, lists or JSON lines and stores each object by the rules that hold for what users "
        "post: valid STIX 2.1, new versions only from the creator, each object all or nothing. Markings decide who "
        "gets "
        "them; peers get what they may have at once where the node runs. Before that, indicators whose values stand on "
        "lists of false friends (private addresses, domains of large vendors) are named, and nothing is shared without "
        "--anyway; what comes on stdin is not looked at so. Courses of action whose playbook or commands the defensive "
        "gate "
        "(docs/gate.md) refuses are not shared.\n\nExit code 2 where an object was refused.",
    .example = "tocsin share indicators.json --collection api/shared --data /var/lib/tocsin",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--collection", "WHERE", "ROOT/COLLECTION, an id or an alias"},
                {"--as", "USER", "In the name of this user, with its quota (default: the node's operator)"},
                {"--anyway", "", "Also values that would be found everywhere"},
                {"--json", "", "One JSON object a line for each object"}},
    .run = run_share,
};

}  // namespace tocsin::app
