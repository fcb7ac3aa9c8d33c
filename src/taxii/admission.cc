#include "taxii/admission.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "stix/tlp.h"
#include "stix/validate.h"
#include "taxii/release.h"

namespace tocsin::taxii {

std::string what_is_forbidden(std::string_view bytes, const ObjectHeader& header) {
  if (header.spec_version != "2.1") {
    return {};
  }
  thread_local stix::Validator validator({.warnings = false});
  thread_local stix::Findings findings;
  findings.clear();
  if (const auto checked = validator.check(bytes, findings); !checked) {
    return checked.error().message;
  }
  if (findings.valid()) {
    return {};
  }
  const stix::Problem& first = findings.errors.front();
  const std::size_t more = findings.errors.size() - 1 + findings.left_out;
  return fmt::format("{}: {}{}", first.path.empty() ? "the object" : first.path, first.message,
                     more == 0 ? "" : fmt::format(" (and {} more)", more));
}

const std::string& log_for(const std::vector<std::string>& markings, const LogNames& logs) {
  const bool open = !markings.empty() && std::ranges::all_of(markings, [](const std::string& id) {
    const stix::TlpMarking* tlp = stix::find_tlp(id);
    return tlp != nullptr && tlp->color == stix::TlpColor::clear;
  });
  return open ? logs.open : logs.restricted;
}
const std::string& log_for(const ObjectHeader& header, const LogNames& logs) { return log_for(header.markings, logs); }

// New objects first, which is most of what comes. What belongs to an object that is there is then held against the
// versions that the writer may see: to the others it is as if they were not there, so that nothing can be told of them.
// Where a writer may not read, only what it brought itself is seen.
Result<std::vector<store::Put>> admit(store::Store& store, store::CollectionName collection, const store::User& user,
                                      bool may_read, std::vector<store::NewVersion>& versions, Time now) {
  std::vector<store::Put> out;
  if (versions.empty()) {
    return out;
  }
  for (store::NewVersion& version : versions) {
    version.only_new = true;
  }
  TRY(out, store.put(collection, versions, now));
  struct There {
    std::vector<store::RecordPointer> seen;
    std::vector<store::Sequence> unseen;
  };
  std::map<std::string_view, There> objects;
  std::vector<std::size_t> others;
  std::vector<store::NewVersion> again;
  std::optional<View> view;
  for (std::size_t at = 0; at < versions.size(); ++at) {
    if (out[at] != store::Put::known) {
      continue;
    }
    if (!view) {
      TRY(view, View::open(store, collection, user, stix::from_time(now)));
    }
    store::NewVersion& version = versions[at];
    const auto [found, added] = objects.try_emplace(version.id);
    There& there = found->second;
    if (added) {
      TRY(there.seen, view->versions(version.id));
      if (!may_read) {
        std::erase_if(there.seen, [&](const store::RecordPointer& record) { return record->writer != user.name; });
      }
      TRY(const std::vector<store::RecordPointer> all, store.versions(collection, version.id));
      for (const store::RecordPointer& record : all) {
        if (std::ranges::find(there.seen, record->sequence, &store::Record::sequence) == there.seen.end()) {
          there.unseen.push_back(record->sequence);
        }
      }
    }
    const bool repeats = std::ranges::any_of(there.seen, [&](const store::RecordPointer& record) {
      return version.version.empty() || record->version_at == version.version_at;
    });
    if (!there.seen.empty() && !repeats) {
      TRY(const bool creator, view->is_creator(*there.seen.front(), user.name, version.author));
      if (!creator) {
        continue;
      }
    }
    version.only_new = false;
    version.unseen = there.unseen;
    others.push_back(at);
    again.push_back(version);
  }
  if (!again.empty()) {
    TRY(const std::vector<store::Put> put, store.put(collection, again, now));
    for (std::size_t at = 0; at < others.size(); ++at) {
      out[others[at]] = put[at];
    }
  }
  return out;
}

}  // namespace tocsin::taxii
