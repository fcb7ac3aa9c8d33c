#include "taxii/release.h"

#include <algorithm>

#include "policy/object_markings.h"
#include "policy/terms.h"
#include "wire/json.h"

namespace tocsin::taxii {

std::string release_text(const ObjectHeader& header) {
  return policy::terms_text({.type = header.type, .markings = header.markings, .audience = {}, .embargo_until = ""});
}

store::NewVersion new_version(std::string_view bytes, ObjectHeader header, std::string writer) {
  store::NewVersion version;
  version.bytes = std::string(bytes);
  version.release = release_text(header);
  version.id = std::move(header.id);
  version.type = std::move(header.type);
  version.author = std::move(header.created_by);
  version.version = std::move(header.version);
  version.version_at = header.version_at;
  version.spec_version = std::move(header.spec_version);
  if (!policy::is_supporting(version.type)) {
    version.uses = std::move(header.uses);
  }
  version.writer = std::move(writer);
  return version;
}

// A definition that is not the standard's counts only for what the same writer put in: whoever could post an object
// without its marking can say no more by defining that marking. For others' objects it is not known, until signed
// definitions are. The first one is pinned.
Result<std::optional<policy::Marking>> View::definition(std::string_view id, std::string_view writer) const {
  TRY(const std::vector<store::RecordPointer> versions, store_->versions(collection_, id));
  for (const store::RecordPointer& version : versions) {
    if (version->writer == writer) {
      if (const auto tree = wire::parse_json(version->bytes)) {
        return std::optional(policy::read_marking(*tree));
      }
      break;
    }
  }
  return std::optional<policy::Marking>();
}

Result<View> View::open(const store::Store& store, store::CollectionName collection, const store::User& reader,
                        stix::Instant at) {
  View view(store, collection);
  view.reader_ = reader.name;
  TRY(const std::vector<store::ReleaseClass> classes, store.classes(collection));
  for (const store::ReleaseClass& one : classes) {
    policy::Request request;
    const policy::Terms terms = policy::read_terms(one.release);
    request.object_type = terms.type;
    request.audience = terms.audience;
    request.embargo_until = policy::embargo_of(terms);
    policy::Definitions definitions;
    for (const std::string& id : terms.markings) {
      if (!policy::tlp_of_id(id)) {
        TRY(std::optional<policy::Marking> defined, view.definition(id, one.writer));
        if (defined) {
          definitions.emplace_back(id, std::move(*defined));
        }
      }
      // A marking of a part counts for the whole: there is no redacted copy that could be shown.
      policy::AppliedMarking applied;
      applied.marking = policy::resolve(id, definitions);
      request.markings.push_back(std::move(applied));
    }
    request.supporting = policy::is_supporting(request.object_type);
    request.with_a_released_object = true;  // asked for each one, in sees()
    // Whoever brought a version has it.
    if (one.writer == reader.name && !reader.name.empty()) {
      request.audience = std::vector<std::string>{reader.name};
    }
    request.holder = policy::Holder::recipient;
    request.recipient = {.person = reader.name,
                         .organisation = reader.organisation,
                         .client_of = reader.client_of,
                         .communities = reader.communities};
    request.purpose = policy::Purpose::read;
    request.at = at;
    if (policy::decide(request).decision == policy::Decision::allow) {
      view.classes_.push_back(one.id);
    }
  }
  if (view.classes_.size() != classes.size()) {
    view.references_.emplace(
        store, collection,
        [allowed = view.classes_](const store::Record& record) {
          return std::ranges::binary_search(allowed, record.release_class);
        },
        [name = reader.name](const store::Record& record) { return !name.empty() && record.writer == name; });
  }
  return view;
}

Result<bool> View::names_hidden(const store::Record& record) {
  if (!references_ || (!reader_.empty() && record.writer == reader_)) {
    return false;
  }
  return references_->names_hidden(record);
}

Result<bool> View::used_by_one_seen(std::string_view id) {
  store::Search search;
  search.uses = id;
  for (;;) {
    TRY(const std::vector<store::RecordPointer> users, store_->find(collection_, search, {classes_, {}}));
    for (const store::RecordPointer& user : users) {
      TRY(const bool hidden, names_hidden(*user));
      if (!hidden) {
        return true;
      }
    }
    if (users.size() < search.limit) {
      return false;
    }
    search.after = users.back()->sequence;
  }
}

Result<bool> View::sees(const store::Record& record) {
  if (!std::ranges::binary_search(classes_, record.release_class)) {
    return false;
  }
  TRY(const bool hidden, names_hidden(record));
  if (hidden) {
    return false;
  }
  // The standard's own definitions are known to everyone, and whoever brought one has it.
  if (!policy::is_supporting(record.type) || policy::tlp_of_id(record.id) || record.writer == reader_) {
    return true;
  }
  if (const auto found = used_.find(record.id); found != used_.end()) {
    return found->second;
  }
  TRY(const std::vector<std::uint32_t> using_it, store_->classes_using(collection_, record.id));
  bool used =
      std::ranges::any_of(using_it, [&](std::uint32_t one) { return std::ranges::binary_search(classes_, one); });
  if (used && references_) {
    TRY(used, used_by_one_seen(record.id));
  }
  used_.emplace(record.id, used);
  return used;
}

Result<std::vector<store::RecordPointer>> View::versions(std::string_view id) {
  TRY(std::vector<store::RecordPointer> all, store_->versions(collection_, id));
  std::vector<store::RecordPointer> out;
  for (store::RecordPointer& record : all) {
    TRY(const bool seen, sees(*record));
    if (seen) {
      out.push_back(std::move(record));
    }
  }
  return out;
}

}  // namespace tocsin::taxii
