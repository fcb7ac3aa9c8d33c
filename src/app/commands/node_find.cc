// tocsin node find: objects by value, type, author, reference and time, through the store's indexes.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "app/command.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "app/taxii_peers.h"
#include "base/text.h"
#include "report/visible.h"
#include "stix/search_values.h"
#include "stix/timestamp.h"
#include "store/limits.h"
#include "taxii/credentials.h"
#include "taxii/release.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

enum class Form : std::uint8_t { text, json, objects };

Result<std::optional<Time>> moment(const Arguments& arguments, std::string_view option) {
  const auto text = arguments.value(option);
  if (!text) {
    return std::optional<Time>();
  }
  constexpr std::size_t day = 10;  // "2021-07-19"
  const auto at = stix::parse_timestamp(text->size() == day ? *text + "T00:00:00Z" : *text);
  if (!at) {
    return failure(ErrorCode::usage, fmt::format("{} takes a day or a moment in UTC, not '{}'", option, *text), {},
                   "2021-07-19 or 2021-07-19T11:00:00Z");
  }
  return std::optional(Time{static_cast<std::int64_t>(*at / stix::instants_per_tick)});
}

struct Question {
  store::Search search;
  std::vector<std::string> types;     // sorted
  std::optional<store::User> reader;  // none: the operator, who sees everything
  std::uint64_t limit = 0;
  Form form = Form::text;
};

void tell(const store::Collection& collection, const store::Record& record, Time added, Form form) {
  if (form == Form::objects) {
    write_out(record.bytes + "\n");
    return;
  }
  const std::string where = collection.root + "/" + collection.id;
  if (form == Form::json) {
    std::string line;
    wire::JsonWriter json(line);
    json.begin_object().member("collection", where).member("id", record.id).member("type", record.type);
    json.member("version", record.version).member("date_added", rfc3339(added)).member("writer", record.writer);
    json.end_object();
    write_out(line + "\n");
    return;
  }
  print_out("{}  {}  {}{}{}\n", rfc3339(added), where, report::visible(record.id),
            record.version.empty() ? "" : "  " + report::visible(record.version),
            record.writer.empty() ? "" : "  from " + report::visible(record.writer));
}

// How many were told, at most `most`.
Result<std::uint64_t> look(const store::Store& store, const store::Collection& collection, const Question& question,
                           Time now, std::uint64_t most) {
  const store::CollectionName name{collection.root, collection.id};
  std::optional<taxii::View> view;
  std::vector<std::uint32_t> classes;
  if (question.reader) {
    TRY(view, taxii::View::open(store, name, *question.reader, stix::from_time(now)));
  } else {
    TRY(const std::vector<store::ReleaseClass> all, store.classes(name));
    for (const store::ReleaseClass& one : all) {
      classes.push_back(one.id);
    }
  }
  std::uint64_t told = 0;
  store::Search search = question.search;
  while (told < most) {
    std::vector<store::RecordPointer> found;
    if (view) {
      TRY(found, view->find(search, question.types));
    } else {
      TRY(found, store.find(name, search, {classes, question.types}));
    }
    for (const store::RecordPointer& record : found) {
      if (told++ == most) {
        return most;
      }
      tell(collection, *record, view ? view->date_added(*record) : record->date_added, question.form);
    }
    if (found.size() < search.limit) {
      break;
    }
    search.after = found.back()->sequence;
  }
  return told;
}

Result<int> find(const Arguments& arguments) {
  Question question;
  const std::string form = arguments.value("--format").value_or("text");
  if (form != "text" && form != "json" && form != "objects") {
    return failure(ErrorCode::usage, "--format takes text, json or objects, not '" + form + "'");
  }
  question.form = form == "json" ? Form::json : form == "objects" ? Form::objects : Form::text;
  question.limit = 1'000;
  if (const auto limit = arguments.value("--limit")) {
    const auto number = parse_uint64(*limit);
    if (!number) {
      return failure(ErrorCode::usage, "--limit takes a number, not '" + *limit + "'");
    }
    question.limit = *number == 0 ? ~std::uint64_t{0} : *number;
  }
  const std::string value = arguments.positional.empty() ? "" : stix::search_value(arguments.positional[0]);
  const std::string author = arguments.value("--author").value_or("");
  const std::string uses = arguments.value("--uses").value_or("");
  question.types = arguments.values("--type");
  std::ranges::sort(question.types);
  question.search.value = value;
  question.search.author = author;
  question.search.uses = uses;
  TRY(question.search.since, moment(arguments, "--since"));
  TRY(question.search.until, moment(arguments, "--until"));
  if (value.empty() && author.empty() && uses.empty() && question.types.empty() && !question.search.since &&
      !question.search.until) {
    return failure(ErrorCode::usage, "it is not said what is looked for", {},
                   "a value, --type, --author, --uses, --since or --until");
  }
  const std::string folder = arguments.value("--data").value_or(std::string(data_folder_default));
  TRY(const NodeData node, open_node(folder));
  if (const auto name = arguments.value("--as")) {
    TRY(question.reader, node.store->user(*name));
    if (!question.reader) {
      return failure(ErrorCode::not_found, "there is no such user", {*name}, "tocsin user list");
    }
  }
  std::vector<store::Collection> collections;
  if (const auto where = arguments.value("--collection")) {
    TRY(store::Collection one, local_collection(*node.store, *where));
    collections.push_back(std::move(one));
  } else {
    TRY(const std::vector<store::ApiRoot> roots, node.store->roots());
    for (const store::ApiRoot& root : roots) {
      TRY(const std::vector<store::Collection> some, node.store->collections(root.name));
      collections.insert(collections.end(), some.begin(), some.end());
    }
  }
  std::uint64_t told = 0;
  const Time now = SystemClock().now();
  for (const store::Collection& collection : collections) {
    if (question.reader && !taxii::rights_in(question.reader->grants, collection).read) {
      continue;
    }
    TRY(const std::uint64_t more, look(*node.store, collection, question, now, question.limit - told));
    told += more;
  }
  if (told == question.limit) {
    message(fmt::format("there may be more: {} were asked for (--limit)", question.limit));
  }
  return told == 0 ? exit_nothing_found : exit_found;
}

int run_find(const Arguments& arguments) {
  const auto exit = find(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_node_find;
const Command command_node_find = {
    .name = "node find",
    .doc = "Find objects on a node by value, type, author, reference or time",
    .about =
        "Looks in the indexes of the node's store, also while the node runs. A value is what an observable is (an "
        "address, a domain, a hash, a file name, a registry key), what a STIX pattern compares with by = or IN, a name "
        "or alias, or a number in another catalogue (CVE-2021-26855, T1190); case does not matter, and all of it must "
        "be given. Everything that is asked must hold. Oldest first, by collection.\n\n--as shows what this user may "
        "be told, by the same rules as over TAXII; without it the operator sees everything, hidden and superseded "
        "versions too.\n\nExit code 1 says that something was found.",
    .example = "tocsin node find CVE-2021-26855 --type vulnerability,indicator --data /var/lib/tocsin",
    .positional = "[VALUE]",
    .positional_min = 0,
    .options = {{"--data", "DIR", "The node's folder (default ./tocsin-data)"},
                {"--collection", "WHERE", "Only here: ROOT/COLLECTION, an id or an alias"},
                {"--type", "TYPE,…", "Of these types"},
                {"--author", "ID", "With this created_by_ref"},
                {"--uses", "ID", "That name this identity, marking or extension definition"},
                {"--since", "TIME", "Added at or after"},
                {"--until", "TIME", "Added before"},
                {"--as", "USER", "What this user may be told"},
                {"--limit", "N", "At most so many (default 1000; 0: all)"},
                {"--format", "text|json|objects",
                 "json: one object a line; objects: the objects themselves, one a line"}},
    .run = run_find,
};

}  // namespace tocsin::app
