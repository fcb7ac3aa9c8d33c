#include "attribution/data_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "attribution/limits.h"
#include "attribution/speech_act.h"
#include "base/text.h"
#include "trust/uuid.h"
#include "wire/csv.h"
#include "wire/json.h"

namespace tocsin::attribution {
namespace {

constexpr std::string_view clear_marking = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
constexpr std::string_view extension = "extension-definition--9d9be3a4-67f0-4b52-9f3f-0a6a3d5f7c10";

template <std::size_t columns>
struct Table {
  std::vector<std::array<std::string, columns>> rows;  // in the order of the names asked for
  std::vector<std::uint64_t> numbers;
  std::vector<Skipped> unreadable;
  std::uint64_t count = 0;
};

// Reads the named columns of a CSV file wherever they stand.
template <std::size_t columns>
Result<Table<columns>> read_table(std::string_view csv, const std::array<std::string_view, columns>& names,
                                  std::string_view file) {
  if (csv.starts_with("\xEF\xBB\xBF")) {
    csv.remove_prefix(3);
  }
  Table<columns> table;
  std::array<std::size_t, columns> at{};
  wire::CsvShape shape;
  Arena arena;
  std::vector<wire::CsvField> fields;
  for (std::uint64_t number = 1; !csv.empty(); ++number) {
    const wire::CsvRow cut = wire::next_csv_row(csv, shape, true);
    std::string_view line = csv.substr(0, cut.bytes);
    csv.remove_prefix(std::max<std::size_t>(cut.bytes, 1));
    while (line.ends_with('\n') || line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    arena.clear();
    wire::split_csv_row(line, ',', arena, fields);
    if (number == 1) {
      for (std::size_t i = 0; i < columns; ++i) {
        const auto found =
            std::ranges::find(fields, names[i], [](const wire::CsvField& one) { return trim(one.text); });
        if (found == fields.end()) {
          return failure(ErrorCode::unknown_format, fmt::format("has no column '{}'", names[i]),
                         {.source = std::string(file), .line = 1}, "is it the right data set?");
        }
        at[i] = static_cast<std::size_t>(found - fields.begin());
      }
      shape.columns = fields.size();
      continue;
    }
    if (trim(line).empty()) {
      continue;
    }
    if (++table.count > limits::rows_max) {
      return failure(ErrorCode::limit, fmt::format("has more than {} rows", limits::rows_max),
                     {.source = std::string(file)});
    }
    if (fields.size() != shape.columns || cut.end == wire::CsvEnd::unclosed) {
      table.unreadable.push_back({number, fmt::format("has {} columns of {}", fields.size(), shape.columns)});
      continue;
    }
    std::array<std::string, columns> row;
    for (std::size_t i = 0; i < columns; ++i) {
      row[i] = repair_utf8(trim(fields[at[i]].text));
    }
    if (std::ranges::any_of(row, [](const std::string& value) { return value.size() > limits::text_bytes_max; })) {
      table.unreadable.push_back({number, "has a value that is too long"});
      continue;
    }
    table.rows.push_back(std::move(row));
    table.numbers.push_back(number);
  }
  if (shape.columns == 0) {
    return failure(ErrorCode::unknown_format, "is empty", {.source = std::string(file)});
  }
  return table;
}

bool says_nothing(std::string_view value) {
  return value.empty() || value == "Not available" || value == "Unknown" || value == "Unknown - not attributed";
}

std::string cut(std::string_view text, std::size_t bytes) {
  std::size_t end = std::min(text.size(), bytes);
  while (end < text.size() && end != 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end));
}

// Writes STIX objects, each once.
class Objects {
 public:
  Objects(Imported& out, std::string_view created, std::string source)
      : out_(out), created_(created), source_(std::move(source)) {
    author_ = named("identity", source_, "organization");
  }

  const std::string& author() const { return author_; }

  // Something that a name alone stands for.
  std::string named(std::string_view type, std::string_view name, std::string_view identity_class = "",
                    std::string_view key = "") {
    const std::string id = identifier(type, fmt::format("{} {}", name, key));
    if (!known_.insert(id).second) {
      return id;
    }
    std::string text;
    wire::JsonWriter json(text);
    begin(json, type, id);
    json.member("name", name);
    if (!identity_class.empty()) {
      json.member("identity_class", identity_class);
    }
    if (type == "location") {
      json.member("region", name);
    }
    end(json, text);
    return id;
  }

  // The record of the data set: what a claim made of it relays.
  std::string record(const std::string& name, const std::string& activity, const std::string& content,
                     const std::vector<std::string>& urls) {
    const std::string id = identifier("note", name + "\n" + content);
    if (!known_.insert(id).second) {
      return id;
    }
    std::string text;
    wire::JsonWriter json(text);
    begin(json, "note", id);
    json.member("created_by_ref", author_).member("abstract", cut(name, limits::word_bytes_max));
    json.member("content", content);
    json.key("object_refs").begin_array().string(activity).end_array();
    references(json, name, urls);
    end(json, text);
    return id;
  }

  struct Claim {
    std::string claimant, activity, object;
    Granularity granularity = Granularity::unstated;
    Level level = Level::unstated;
    std::string verb, words, released, relays, record_name;
    std::vector<std::string> urls;
  };
  void claim(const Claim& claim) {
    std::string text;
    wire::JsonWriter json(text);
    const std::string_view granularity = granularity_names[static_cast<std::size_t>(claim.granularity)];
    begin(json, "tocsin-attribution",
          identifier("tocsin-attribution", claim.relays + claim.claimant + claim.object + std::string(granularity)));
    json.member("created_by_ref", author_).key("object_marking_refs").begin_array().string(clear_marking).end_array();
    json.key("extensions").begin_object().key(extension).begin_object().member("extension_type", "new-sdo");
    json.end_object().end_object();
    json.member("claimant_ref", claim.claimant).key("activity_refs").begin_array().string(claim.activity).end_array();
    json.key("object").begin_object().member("ref", claim.object).member("granularity", granularity).end_object();
    json.member("level", level_names[static_cast<std::size_t>(claim.level)]).member("verb", claim.verb);
    json.member("words", claim.words).member("relays_ref", claim.relays);
    if (!claim.released.empty()) {
      json.member("released", claim.released);
    }
    references(json, claim.record_name, claim.urls);
    end(json, text);
    ++out_.claims;
  }

 private:
  std::string identifier(std::string_view type, const std::string& content) const {
    return fmt::format("{}--{}", type, trust::uuid_of_content(fmt::format("{} {} {}", source_, type, content)));
  }
  void begin(wire::JsonWriter& json, std::string_view type, const std::string& id) const {
    json.begin_object().member("type", type).member("spec_version", "2.1").member("id", id);
    json.member("created", created_).member("modified", created_);
  }
  void end(wire::JsonWriter& json, std::string& text) {
    json.end_object();
    out_.objects.push_back(std::move(text));
  }
  void references(wire::JsonWriter& json, const std::string& name, const std::vector<std::string>& urls) const {
    json.key("external_references").begin_array();
    json.begin_object().member("source_name", source_).member("description", name).end_object();
    for (const std::string& url : urls) {
      json.begin_object().member("source_name", "source of the record").member("url", url).end_object();
    }
    json.end_array();
  }

  Imported& out_;
  std::string created_, source_, author_;
  std::set<std::string> known_;
};

}  // namespace

Result<Imported> import_eurepoc(std::string_view csv, const ImportOptions& options) {
  enum Column : std::size_t { incident, id, date, type, basis, actor, country, blamed, from, category, count };
  TRY(auto table,
      (read_table<count>(csv,
                         {"incident_ID", "attribution_ID", "attribution_date", "attribution_type", "attribution_basis",
                          "attributing_actor", "attributing_country", "attributed_initiator",
                          "attributed_initiator_country", "attributed_initiator_category"},
                         options.file)));
  Imported out;
  out.rows = table.count;
  out.unreadable = std::move(table.unreadable);
  Objects objects(out, options.created, "EuRepoC");
  using Row = std::array<std::string, count>;
  // Rows of one attribution, and the values that each column has in them.
  std::map<std::string, std::array<std::set<std::string>, count>> records;
  const auto key = [&](std::size_t row) {
    const Row& values = table.rows[row];
    return values[incident] + "\n" + (values[id].empty() ? fmt::format("row {}", table.numbers[row]) : values[id]);
  };
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    auto& values = records[key(i)];
    for (std::size_t column = 0; column < count; ++column) {
      values[column].insert(table.rows[i][column]);
    }
  }
  std::set<std::string> said;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const Row& row = table.rows[i];
    const auto& record = records[key(i)];
    if (row[incident].empty()) {
      out.unreadable.push_back({table.numbers[i], "names no incident"});
      continue;
    }
    const auto without = [&](std::string_view why) {
      ++out.without_claim;
      out.without_claim_rows.push_back({table.numbers[i], std::string(why)});
    };
    const auto certain = [&](Column column) {
      return record[column].size() == 1 && !says_nothing(row[column]) ? row[column] : std::string();
    };
    const bool by_country = says_nothing(row[actor]);
    const std::string& claimant = by_country ? row[country] : row[actor];
    if (says_nothing(claimant)) {
      without("names nobody who attributes");
      continue;
    }
    Objects::Claim claim;
    const std::string kind = certain(category);
    std::string object;
    if (!says_nothing(row[blamed])) {
      object = row[blamed];
      claim.granularity = kind.starts_with("Non-state") || kind.starts_with("Individual") ? Granularity::non_state_actor
                                                                                          : Granularity::unstated;
    } else if (const std::string where = certain(from); !where.empty()) {
      // A country alone is where the initiator is from; only the category says that it is the State.
      object = where;
      claim.granularity = kind == "State" ? Granularity::state : Granularity::territory;
    } else {
      without("names nobody who is blamed");
      continue;
    }
    const std::string_view granularity = granularity_names[static_cast<std::size_t>(claim.granularity)];
    if (!said.insert(fmt::format("{}\n{}\n{}\n{}", key(i), claimant, object, granularity)).second) {
      ++out.repeated;
      continue;
    }
    claim.claimant = objects.named("identity", claimant, by_country ? "group" : "organization");
    claim.activity = objects.named("incident", fmt::format("EuRepoC incident {}", row[incident]));
    claim.object = claim.granularity == Granularity::territory ? objects.named("location", object)
                   : claim.granularity == Granularity::state   ? objects.named("identity", object, "group")
                                                               : objects.named("threat-actor", object);
    const std::string how = certain(type), why = certain(basis);
    claim.level = how.starts_with("Technical report")        ? Level::technical
                  : how == "Domestic legal action"           ? Level::legal
                  : how.starts_with("Political statement /") ? Level::political
                                                             : Level::unstated;
    claim.verb = "attribute (as coded)";
    claim.words = fmt::format("As coded by EuRepoC: {}", how.empty() && why.empty() ? "no basis or type given"
                                                         : how.empty()              ? why
                                                         : why.empty()              ? how
                                                                                    : why + "; " + how);
    claim.released = certain(date);
    claim.record_name = row[id].empty() ? fmt::format("attribution without a number of incident {}", row[incident])
                                        : fmt::format("attribution {} of incident {}", row[id], row[incident]);
    claim.relays = objects.record("EuRepoC " + claim.record_name, claim.activity,
                                  fmt::format("{}. {}", claim.record_name, claim.words), {});
    objects.claim(claim);
  }
  return out;
}

Result<Imported> import_cfr(std::string_view csv, const ImportOptions& options) {
  enum Column : std::size_t { title, date, affiliations, description, sponsor, type, source1, source2, source3, count };
  TRY(auto table, (read_table<count>(csv,
                                     {"Title", "Date", "Affiliations", "Description", "Sponsor", "Type", "Sources_1",
                                      "Sources_2", "Sources_3"},
                                     options.file)));
  constexpr std::array<std::string_view, 7> types = {
      "Espionage", "Sabotage", "Denial of service", "Data destruction", "Financial Theft", "Defacement", "Doxing"};
  Imported out;
  out.rows = table.count;
  out.unreadable = std::move(table.unreadable);
  Objects objects(out, options.created, "CFR Cyber Operations Tracker");
  std::set<std::string> said;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    const auto unreadable = [&](std::string why) { out.unreadable.push_back({table.numbers[i], std::move(why)}); };
    if (row[title].empty()) {
      unreadable("has no title");
      continue;
    }
    // A row whose values slipped into the next column shows it where a column has a fixed vocabulary.
    if (!row[type].empty() && std::ranges::find(types, row[type]) == types.end()) {
      unreadable(fmt::format("Type is '{}': its columns have shifted", cut(row[type], 40)));
      continue;
    }
    if (row[date].find_first_not_of("0123456789/") != std::string::npos) {
      unreadable(fmt::format("Date is '{}'", cut(row[date], 40)));
      continue;
    }
    const bool group = !says_nothing(row[affiliations]), sponsored = !says_nothing(row[sponsor]);
    if (!group && !sponsored) {
      ++out.without_claim;
      out.without_claim_rows.push_back({table.numbers[i], "names neither an actor nor a sponsor"});
      continue;
    }
    std::string all;
    for (const std::string& value : row) {
      all += value + "\n";
    }
    if (!said.insert(all).second) {
      ++out.repeated;
      continue;
    }
    Objects::Claim claim;
    claim.claimant = objects.author();
    claim.activity = objects.named("incident", row[title], "", row[date] + "\n" + row[description]);
    // The tracker's word for an actor is kept whole. A sponsor is not the actor: whom it sponsors stays unnamed.
    claim.object = group ? objects.named("threat-actor", row[affiliations])
                         : objects.named("threat-actor", "not named: " + row[title], "", all);
    claim.verb = "list";
    claim.words = group && sponsored ? fmt::format("{}; Sponsor: {}", row[affiliations], row[sponsor])
                  : group            ? row[affiliations]
                                     : fmt::format("Sponsor: {}", row[sponsor]);
    for (const Column column : {source1, source2, source3}) {
      if (row[column].starts_with("http")) {
        claim.urls.push_back(row[column]);
      }
    }
    claim.record_name = fmt::format("“{}”{}{}", cut(row[title], 300), row[date].empty() ? "" : ", ", row[date]);
    claim.relays = objects.record("CFR " + claim.record_name, claim.activity,
                                  row[description].empty() ? claim.words : row[description], claim.urls);
    objects.claim(claim);
  }
  return out;
}

}  // namespace tocsin::attribution
