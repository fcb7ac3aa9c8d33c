// tocsin summary: what is in the evidence: hosts, channels, event ids, logons, gaps, clock jumps, duplicates.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/pipeline.h"
#include "app/record_identity.h"
#include "app/standard_output.h"
#include "base/text.h"
#include "report/terminal_page.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::size_t keys_max = 100'000;  // distinct rows of a table; further ones are counted together
// Records that are remembered to find them again: some 300 MB at most.
constexpr std::size_t identities_max = 4'000'000;
constexpr std::int64_t hour_ticks = 3600 * Time::ticks_per_second;
constexpr std::int64_t jump_ticks = 300 * Time::ticks_per_second;

struct Count {
  std::uint64_t events = 0;
  Time first, last;
  void add(Time time, std::uint64_t number = 1) {
    events += number;
    widen(time, time);
  }
  void add(const Count& other) {
    events += other.events;
    widen(other.first, other.last);
  }
  void widen(Time from, Time to) {
    if (in_span(from)) {
      first = first.known() ? std::min(first, from) : from;
    }
    if (in_span(to)) {
      last = std::max(last, to);
    }
  }
};

using Table = std::map<std::string, Count, std::less<>>;

void add_to(Table& table, std::string_view key, Time time) {
  auto found = table.find(key);
  if (found == table.end()) {
    found = table.try_emplace(table.size() < keys_max ? std::string(key) : "(others)").first;
  }
  found->second.add(time);
}

void merge(Table& into, const Table& from) {
  for (const auto& [key, count] : from) {
    auto found = into.find(key);
    if (found == into.end()) {
      found = into.try_emplace(into.size() < keys_max ? key : "(others)").first;
    }
    found->second.add(count);
  }
}

struct SummaryBlock final : BlockResult {
  Table hosts, channels, ids, logons;
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> hours;
  std::vector<RecordIdentity> identities;  // for duplicates
  std::vector<std::string> jumps;
  Time first_time, last_time;  // in record order, for jumps between blocks
};

class SummaryWorker final : public BlockWorker {
 public:
  explicit SummaryWorker(event::FieldTable& fields)
      : identify_(fields),
        logon_type_(fields.intern("LogonType")),
        address_(fields.intern("IpAddress")),
        workstation_(fields.intern("WorkstationName")),
        user_(fields.intern("TargetUserName")) {}

  std::unique_ptr<BlockResult> work(const Input& input, event::EventBatch& batch) override {
    auto out = std::make_unique<SummaryBlock>();
    Time before;
    for (const event::Event& event : batch.events) {
      const std::string_view channel = !event.channel.empty()        ? event.channel
                                       : event.log_source != nullptr ? event.log_source->name
                                                                     : input.format->name;
      add_to(out->hosts, event.host.empty() ? "(no host)" : event.host, event.time);
      add_to(out->channels, channel, event.time);
      if (event.event_id != event::no_event_id) {
        add_to(out->ids, fmt::format("{}\t{}\t{}", channel, event.provider, event.event_id), event.time);
      }
      const auto fields = batch.fields_of(event);
      if (ascii_iequals(event.channel, "Security") && (event.event_id == 4624 || event.event_id == 4625)) {
        const auto text = [&](event::FieldId id) {
          const event::Value* value = event::find(fields, id);
          return value == nullptr || value->text.empty() ? std::string_view("-") : value->text;
        };
        const std::string_view address = text(address_);
        add_to(out->logons,
               fmt::format("{}\t{}\t{}\t{}", event.event_id == 4624 ? "success" : "failure", text(logon_type_),
                           address == "-" || address == "::1" || address == "127.0.0.1" ? text(workstation_) : address,
                           text(user_)),
               event.time);
      }
      if (in_span(event.time)) {
        auto& hour = out->hours[{std::string(event.host), event.time.ticks / hour_ticks}];
        ++hour;
        if (!event.recovered && input.format->unit == ingest::Unit::record) {
          if (before.known() && before.ticks - event.time.ticks > jump_ticks && out->jumps.size() < 100) {
            out->jumps.push_back(fmt::format("{}#{}: from {} back to {}", input.name, event.record, rfc3339(before),
                                             rfc3339(event.time)));
          }
          before = event.time;
        }
      }
      out->identities.push_back(identify_(input, batch, event));
    }
    return out;
  }

 private:
  RecordIdentifier identify_;
  event::FieldId logon_type_, address_, workstation_, user_;
};

class SummaryConsumer final : public Consumer {
 public:
  explicit SummaryConsumer(event::FieldTable& fields) : fields_(fields) {}
  std::unique_ptr<BlockWorker> worker() override { return std::make_unique<SummaryWorker>(fields_); }
  void collect(const Input& input, BlockResult& result) override {
    auto& block = static_cast<SummaryBlock&>(result);
    merge(hosts, block.hosts);
    merge(channels, block.channels);
    merge(ids, block.ids);
    merge(logons, block.logons);
    for (const auto& [key, count] : block.hours) {
      if (hours.size() < keys_max * 10) {
        hours[key] += count;
      }
    }
    for (const RecordIdentity& identity : block.identities) {
      duplicates += seen.before(identity, input.id) ? 1 : 0;
    }
    for (std::string& jump : block.jumps) {
      if (jumps.size() < 100) {
        jumps.push_back(std::move(jump));
      }
    }
  }
  void input_done(const Input& input, const InputTotals& totals) override {
    inputs.emplace_back(input.name + "\t" + std::string(input.format->name), totals);
  }
  void skipped(std::string_view name, const Error& why) override {
    Error shown = why;
    shown.where.source.clear();
    skipped_inputs.emplace_back(name, shown.text());
  }
  void note(std::string_view, std::string_view) override {}

  Table hosts, channels, ids, logons;
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> hours;
  std::vector<std::string> jumps;
  std::vector<std::pair<std::string, InputTotals>> inputs;
  std::vector<std::pair<std::string, std::string>> skipped_inputs;
  std::uint64_t duplicates = 0;
  SeenRecords seen{identities_max};

 private:
  event::FieldTable& fields_;
};

struct Gap {
  std::string host;
  Time from, to;
};

// Stretches of a day or more without any event of a host that has events before and after.
std::vector<Gap> gaps(const SummaryConsumer& found) {
  std::vector<Gap> out;
  const std::pair<std::string, std::int64_t>* before = nullptr;
  for (const auto& [key, count] : found.hours) {
    if (before != nullptr && before->first == key.first && key.second - before->second > 24) {
      out.push_back({key.first, Time{(before->second + 1) * hour_ticks}, Time{key.second * hour_ticks}});
    }
    before = &key;
  }
  std::sort(out.begin(), out.end(),
            [](const Gap& a, const Gap& b) { return a.to.ticks - a.from.ticks > b.to.ticks - b.from.ticks; });
  if (out.size() > 50) {
    out.resize(50);
  }
  return out;
}

std::vector<std::pair<std::string, Count>> by_count(const Table& table) {
  std::vector<std::pair<std::string, Count>> out(table.begin(), table.end());
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.second.events > b.second.events; });
  return out;
}

std::vector<std::string> parts(std::string_view key) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t tab = key.find('\t');
    out.emplace_back(key.substr(0, tab));
    if (tab == std::string_view::npos) {
      return out;
    }
    key.remove_prefix(tab + 1);
  }
}

void show_table(report::Page& page, std::string_view title, const Table& table,
                std::initializer_list<std::string_view> columns, std::size_t most) {
  if (table.empty()) {
    return;
  }
  page.heading(fmt::format("{} ({})", title, table.size()));
  std::vector<report::Column> heads = {{"EVENTS", true}};
  for (const std::string_view column : columns) {
    heads.push_back({std::string(column), false, 12});
  }
  heads.push_back({"FIRST"});
  heads.push_back({"LAST"});
  std::vector<std::vector<report::Cell>> rows;
  const auto sorted = by_count(table);
  for (std::size_t i = 0; i < std::min(most, sorted.size()); ++i) {
    const auto& [key, count] = sorted[i];
    auto& row = rows.emplace_back();
    row.push_back({std::to_string(count.events)});
    for (std::string& part : parts(key)) {
      row.push_back({std::move(part)});
    }
    row.resize(columns.size() + 1);
    row.push_back({rfc3339(count.first).substr(0, 19)});
    row.push_back({rfc3339(count.last).substr(0, 19)});
  }
  page.table(heads, rows);
  if (rows.size() < sorted.size()) {
    page.line(2, {{fmt::format("… {} more; --json lists all", sorted.size() - rows.size())}}, 4);
  }
}

void json_table(wire::JsonWriter& writer, std::string_view name, const Table& table,
                std::initializer_list<std::string_view> columns) {
  writer.key(name).begin_array();
  for (const auto& [key, count] : by_count(table)) {
    writer.begin_object();
    std::string_view rest = key;
    for (const std::string_view column : columns) {
      const std::size_t tab = rest.find('\t');
      writer.member(column, rest.substr(0, tab));
      rest = tab == std::string_view::npos ? std::string_view{} : rest.substr(tab + 1);
    }
    writer.key("events").number(count.events);
    if (count.first.known()) {
      writer.member("first", rfc3339(count.first)).member("last", rfc3339(count.last));
    }
    writer.end_object();
  }
  writer.end_array();
}

int run_summary(const Arguments& arguments) {
  auto options = pipeline_options(arguments);
  if (!options) {
    return report_error(options.error());
  }
  event::FieldTable fields;
  SummaryConsumer found(fields);
  const auto totals = run_pipeline(*options, fields, found);
  if (!totals) {
    return report_error(totals.error());
  }
  const std::vector<Gap> silent = gaps(found);
  if (arguments.has("--json")) {
    std::string out;
    wire::JsonWriter writer(out);
    writer.begin_object()
        .key("events")
        .number(totals->events)
        .key("bytes")
        .number(totals->bytes)
        .key("unreadable")
        .number(totals->unreadable);
    writer.key("duplicate_records").number(found.duplicates);
    json_table(writer, "hosts", found.hosts, {"host"});
    json_table(writer, "channels", found.channels, {"channel"});
    json_table(writer, "event_ids", found.ids, {"channel", "provider", "event_id"});
    json_table(writer, "logons", found.logons, {"result", "type", "from", "user"});
    writer.key("gaps").begin_array();
    for (const Gap& gap : silent) {
      writer.begin_object()
          .member("host", gap.host)
          .member("from", rfc3339(gap.from))
          .member("to", rfc3339(gap.to))
          .end_object();
    }
    writer.end_array().key("clock_jumps").begin_array();
    for (const std::string& jump : found.jumps) {
      writer.string(jump);
    }
    writer.end_array().key("inputs").begin_array();
    for (const auto& [name, input] : found.inputs) {
      const std::size_t tab = name.find('\t');
      writer.begin_object()
          .member("source", name.substr(0, tab))
          .member("format", name.substr(tab + 1))
          .key("events")
          .number(input.events);
      writer.key("unreadable").number(input.unreadable);
      if (input.first.known()) {
        writer.member("first", rfc3339(input.first)).member("last", rfc3339(input.last));
      }
      writer.end_object();
    }
    writer.end_array().key("skipped").begin_array();
    for (const auto& [name, why] : found.skipped_inputs) {
      writer.begin_object().member("source", name).member("why", why).end_object();
    }
    writer.end_array().end_object();
    out += '\n';
    write_out(out);
  } else {
    report::Page page(terminal_options(false));
    page.line(0,
              {{fmt::format("{} events in {} inputs, {} records unreadable, {} inputs skipped, {} duplicate records",
                            totals->events, found.inputs.size(), totals->unreadable, found.skipped_inputs.size(),
                            found.duplicates)}},
              2);
    if (found.seen.not_compared() != 0) {
      page.line(
          0, {{fmt::format("{} more records were too many to look for duplicates among", found.seen.not_compared())}},
          2);
    }
    show_table(page, "Hosts", found.hosts, {"HOST"}, 50);
    show_table(page, "Channels and logs", found.channels, {"CHANNEL"}, 50);
    show_table(page, "Event ids", found.ids, {"CHANNEL", "PROVIDER", "ID"}, 40);
    show_table(page, "Logons", found.logons, {"RESULT", "TYPE", "FROM", "USER"}, 40);
    if (!silent.empty()) {
      page.heading(fmt::format("Gaps of a day or more ({})", silent.size()));
      for (const Gap& gap : silent) {
        page.line(2, {{gap.host + "  " + rfc3339(gap.from) + " to " + rfc3339(gap.to)}}, 4);
      }
    }
    if (!found.jumps.empty()) {
      page.heading(fmt::format("Clock jumps backwards of five minutes or more ({})", found.jumps.size()));
      for (const std::string& jump : found.jumps) {
        page.line(2, {{jump}}, 4);
      }
    }
    if (!found.skipped_inputs.empty()) {
      page.heading(fmt::format("Not read ({})", found.skipped_inputs.size()));
      for (const auto& [name, why] : found.skipped_inputs) {
        page.line(2, {{fmt::format("{}: {}", name, why)}}, 4);
      }
    }
    write_out(page.take());
  }
  if (totals->interrupted) {
    return exit_interrupted;
  }
  return totals->inputs == 0 ? exit_failed : exit_nothing_found;
}

}  // namespace

extern const Command command_summary;
const Command command_summary = {
    .name = "summary",
    .doc = "Show what the evidence holds: hosts, channels, event ids, logons, gaps",
    .about =
        "Counts events by host, channel and event id with first and last; logons by result, type, source and user; "
        "stretches without events, clock "
        "jumps and duplicate records; and what could not be read.",
    .example = "tocsin summary /mnt/evidence",
    .positional = "PATH…",
    .positional_min = 1,
    .options =
        [] {
          std::vector<Option> out = {{"--json", "", "One JSON document with every row"}};
          for (const Option& option : pipeline_command_options()) {
            out.push_back(option);
          }
          return out;
        }(),
    .run = run_summary,
};

}  // namespace tocsin::app
