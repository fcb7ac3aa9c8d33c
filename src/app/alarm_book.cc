#include "app/alarm_book.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/node_identity.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "exchange/ledger.h"
#include "report/visible.h"
#include "stix/copies.h"

namespace tocsin::app {
namespace {

constexpr std::size_t line_bytes_max = 65'536;

// Checks each of them.
Result<void> read_authors(const std::string& path, stix::KeyRing& ring, std::vector<std::string>* documents) {
  TRY(const File file, open_input(path));
  LineReader lines(file.get(), line_bytes_max);
  for (std::uint64_t number = 1; auto line = lines.next(); ++number) {
    if (*line && (trim(**line).empty() || (*line)->starts_with('#'))) {
      continue;
    }
    auto added = *line ? ring.add(**line) : Result<void>(std::unexpected(line->error()));
    if (!added) {
      added.error().where.source = path;
      added.error().where.line = number;
      return added;
    }
    if (documents != nullptr) {
      documents->push_back(**line);
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> read_author_keys(const Arguments& arguments) {
  std::vector<std::string> out;
  stix::KeyRing ring;
  for (const std::string& path : arguments.values(author_keys_option.name)) {
    TRY_VOID(read_authors(path, ring, &out));
  }
  return out;
}

Result<std::unique_ptr<AlarmBook>> AlarmBook::open(const Arguments& arguments, const std::string& folder,
                                                   const store::Store& store, store::Notes& notes, const Clock& clock) {
  std::unique_ptr<AlarmBook> out(new AlarmBook(store, notes, clock));
  for (const std::string& path : arguments.values(author_keys_option.name)) {
    TRY_VOID(read_authors(path, out->authors_, nullptr));
  }
  TRY(const auto identity, node_identity(folder, notes));
  if (identity) {
    TRY_VOID(out->authors_.add(identity->key_document));
  }
  return out;
}

void AlarmBook::conflict(store::CollectionName collection, const store::NewVersion& came) {
  ++conflicts_;
  const auto looked = look(collection, came);
  if (!looked && unlooked_++ == 0) {
    message("a second content for one version cannot be looked at: " + looked.error().text());
  }
}

Result<void> AlarmBook::look(store::CollectionName collection, const store::NewVersion& came) {
  const std::scoped_lock lock(mutex_);
  TRY(const std::vector<store::RecordPointer> there, store_.versions(collection, came.id));
  exchange::Ledger ledger(notes_);
  stix::KeyRing ring = authors_;
  TRY(const std::vector<exchange::Peer> peers, ledger.peers());
  for (const exchange::Peer& peer : peers) {
    // One that contradicts a key given here says nothing; the one given counts.
    const auto added = ring.add(peer.key_document);
    (void)added;
  }
  for (const store::RecordPointer& record : there) {
    if (!came.version.empty() && record->version_at != came.version_at) {
      continue;
    }
    const auto met = stix::equivocation(record->bytes, came.bytes, ring);
    if (!met || met->answer != stix::Equivocation::Answer::equivocation) {
      continue;
    }
    TRY(const bool news, ledger.raise({.kind = "equivocation",
                                       .id = came.id,
                                       .version = came.version,
                                       .author = met->author,
                                       .at = rfc3339(clock_.now()),
                                       .from = "",
                                       .one = record->bytes,
                                       .two = came.bytes}));
    if (news) {
      message(fmt::format("ALARM: {} signed two different objects as {} {}; 'tocsin node alarms' shows the proof",
                          met->author, report::visible(came.id), report::visible(came.version)));
    }
  }
  return {};
}

std::string AlarmBook::metrics() const {
  std::uint64_t alarms = 0;
  const auto counted = notes_.scan("exchange/alarm/", {}, [&](std::string_view, std::string_view) {
    ++alarms;
    return true;
  });
  (void)counted;  // a figure that is too low is the worst of it
  return fmt::format(
      "# HELP tocsin_conflicting_copies_total Other contents that came for a version that is here, since the start.\n"
      "# TYPE tocsin_conflicting_copies_total counter\ntocsin_conflicting_copies_total {}\n"
      "# HELP tocsin_alarms Alarms that are kept ('tocsin node alarms').\n"
      "# TYPE tocsin_alarms gauge\ntocsin_alarms {}\n",
      conflicts_.load(), alarms);
}

}  // namespace tocsin::app
