#include "app/tied_node.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "app/consult_desk.h"
#include "app/node_logs.h"
#include "app/peer_clocks.h"
#include "app/whole_file.h"
#include "council/courier.h"
#include "policy/terms.h"
#include "taxii/object_header.h"
#include "taxii/release.h"

namespace tocsin::app {
namespace {

// Whoever reads the collection sees this as the writer's name.
constexpr std::string_view writer = "consult";
constexpr std::size_t put_at_once = 1'000;

// A file of the journal's folder: the node's folder, the collection's path, and the node's note of its last restore, a
// line each. It is of this machine alone.
constexpr std::string_view tie_file = "/node";
constexpr std::size_t tie_bytes_max = 8'192;

struct Tie {
  std::string data, collection, restored;
};

std::optional<Tie> read_tie(const std::string& journal) {
  const auto text = read_whole(journal + std::string(tie_file), tie_bytes_max);
  if (!text) {
    return std::nullopt;
  }
  std::array<std::string, 3> lines;
  std::string_view rest = *text;
  for (std::string& line : lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Tie{lines[0], lines[1], lines[2]};
}

Result<void> write_tie(const std::string& journal, const Tie& tie) {
  return write_file(journal + std::string(tie_file),
                    fmt::format("{}\n{}\n{}\n", tie.data, tie.collection, tie.restored));
}

std::string path_of(const store::Collection& one) { return fmt::format("/{}/collections/{}/", one.root, one.id); }

Result<std::string> restored_of(const std::string& data) {
  TRY(const auto notes, open_node_notes(data));
  TRY(const std::optional<std::string> note, notes->get(restored_note));
  return note.value_or("");
}

Result<ItemPlace> open_named(const std::string& data, const std::string& named) {
  ItemPlace out;
  out.data = data;
  TRY(out.node, open_node(data));
  std::size_t found = 0;
  TRY(const std::vector<store::ApiRoot> roots, out.node.store->roots());
  for (const store::ApiRoot& root : roots) {
    TRY(const std::vector<store::Collection> collections, out.node.store->collections(root.name));
    for (const store::Collection& one : collections) {
      if (named.empty() || named == one.id || named == one.title || (!one.alias.empty() && named == one.alias) ||
          named == path_of(one)) {
        out.collection = one;
        ++found;
      }
    }
  }
  if (found != 1) {
    return failure(ErrorCode::usage,
                   found == 0 ? "the node has no such collection" : "several collections could be meant", {},
                   "--collection ID; 'tocsin collection list' shows them");
  }
  return out;
}

}  // namespace

Result<ItemPlace> open_place(const Arguments& arguments) {
  return open_named(arguments.value("--data").value_or(std::string(data_folder_default)),
                    arguments.value("--collection").value_or(""));
}

Result<std::optional<ItemPlace>> tied_place(const std::string& journal) {
  const std::optional<Tie> tie = read_tie(journal);
  if (!tie) {
    return std::optional<ItemPlace>();
  }
  TRY(ItemPlace out, open_named(tie->data, tie->collection));
  return std::optional(std::move(out));
}

Result<Sent> send_item(ItemPlace& place, const council::Item& item) {
  // A node that has logs keeps what it is given in them.
  taxii::LogNames logs;
  if (const auto keys = read_log_keys(place.data)) {
    logs = keys->names();
  } else if (keys.error().code != ErrorCode::not_found) {
    return std::unexpected(keys.error());
  }
  SystemRandom random;
  const std::vector<std::string> audience = council::audience_of(item);
  std::vector<store::NewVersion> versions;
  Sent out;
  const auto put = [&]() -> Result<void> {
    TRY(const std::vector<store::Put> done, place.node.store->put(place.name(), versions, SystemClock().now()));
    for (const store::Put each : done) {
      out.stored += each == store::Put::stored ? 1U : 0U;
      out.there += each == store::Put::known || each == store::Put::present ? 1U : 0U;
      if (each == store::Put::too_large || each == store::Put::over_quota) {
        return failure(ErrorCode::limit, "an object is larger than the node keeps, or its quota is used up");
      }
    }
    versions.clear();
    return {};
  };
  for (const std::string& object : council::objects_of(item)) {
    taxii::ObjectHeader header;
    TRY_VOID(taxii::read_header(object, header));
    // Not more readers than the roster, whoever may read the collection; and not fewer, whatever its markings say.
    const std::string terms = policy::terms_text(
        {.type = header.type, .markings = header.markings, .audience = audience, .embargo_until = ""});
    const std::string log = taxii::log_for(header, logs);
    store::NewVersion version = taxii::new_version(object, std::move(header), std::string(writer));
    version.log = log;
    if (!log.empty()) {
      random.fill(version.salt);
    }
    version.release = terms;
    version.only_new = true;
    versions.push_back(std::move(version));
    if (versions.size() == put_at_once) {
      TRY_VOID(put());
    }
  }
  if (!versions.empty()) {
    TRY_VOID(put());
  }
  return out;
}

Result<store::Sequence> each_object(const ItemPlace& place, store::Sequence after,
                                    const std::function<void(const store::Record&)>& visit) {
  TRY(const std::vector<store::ReleaseClass> classes, place.node.store->classes(place.name()));
  std::vector<std::uint32_t> all;
  for (const store::ReleaseClass& one : classes) {
    all.push_back(one.id);
  }
  const std::vector<std::string> types = council::courier_types();
  TRY_VOID(place.node.store->scan(place.name(), after, {.classes = all, .types = types},
                                  [&](const store::RecordPointer& record) {
                                    after = record->sequence;
                                    visit(*record);
                                    return true;
                                  }));
  return after;
}

Result<void> tie(const std::string& journal, const ItemPlace& place) {
  std::error_code error;
  Tie made;
  made.data = std::filesystem::canonical(place.data, error).string();
  if (error) {
    return failure(ErrorCode::io, error.message(), {.source = place.data});
  }
  made.collection = path_of(place.collection);
  // A node that takes the place of another may be that one, restored.
  if (const std::optional<Tie> before = read_tie(journal)) {
    if (before->data == made.data && before->collection == made.collection) {
      return {};
    }
    made.restored = before->restored;
  } else {
    TRY(made.restored, restored_of(made.data));
  }
  return write_tie(journal, made);
}

TiedNode look_at_tied_node(const std::string& journal) {
  TiedNode out;
  const std::optional<Tie> tie = read_tie(journal);
  if (!tie) {
    return out;
  }
  const auto look = [&]() -> Result<void> {
    TRY(const auto notes, open_node_notes(tie->data));
    TRY(out.clocks, clocks_beside(*notes, now_seconds()));
    TRY(const std::optional<std::string> restored, notes->get(restored_note));
    out.restored = restored.value_or("") == tie->restored ? "" : restored.value_or("");
    return {};
  };
  if (const auto looked = look(); !looked) {
    message("warning: the clocks of the node's peers cannot be looked at: " + looked.error().message);
  }
  return out;
}

Result<void> restored_is_noticed(const std::string& journal) {
  std::optional<Tie> tie = read_tie(journal);
  if (!tie) {
    return {};
  }
  TRY(tie->restored, restored_of(tie->data));
  return write_tie(journal, *tie);
}

}  // namespace tocsin::app
