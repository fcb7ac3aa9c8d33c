#include "taxii/release.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "policy/object_markings.h"
#include "policy/terms.h"
#include "stix/search_values.h"
#include "store/limits.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

constexpr stix::Instant millisecond = stix::instants_per_second / 1000;

// An embargo is over once its millisecond has passed: what is added from then on has a later date, and so its place
// does not change any more.
stix::Instant moment_over(stix::Instant at) { return at - at % millisecond - millisecond; }

// A marking of a part counts for the whole: there is no redacted copy that could be shown.
void apply(const policy::Terms& terms, const policy::Definitions& definitions, policy::Request& request) {
  request.markings.clear();
  for (const std::string& id : terms.markings) {
    policy::AppliedMarking applied;
    applied.marking = policy::resolve(id, definitions);
    request.markings.push_back(std::move(applied));
  }
}

}  // namespace

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
  version.values = stix::search_values(bytes);
  version.writer = std::move(writer);
  return version;
}

// A definition that is not the standard's counts only for what the same writer put in: whoever could post an object
// without its marking can say no more by defining that marking. For others' objects it is not known, until signed
// definitions are. The first one is pinned.
Result<std::optional<View::Definition>> View::definition(std::string_view id, std::string_view writer) const {
  TRY(const std::vector<store::RecordPointer> versions, store_->versions(collection_, id));
  for (const store::RecordPointer& version : versions) {
    if (version->writer == writer) {
      if (const auto tree = wire::parse_json(version->bytes)) {
        return std::optional(Definition{policy::read_marking(*tree), version->sequence, version->date_added});
      }
      break;
    }
  }
  return std::optional<Definition>();
}

policy::Request View::question(const policy::Terms& terms, std::string_view writer, const store::User& reader) {
  policy::Request request;
  request.object_type = terms.type;
  request.audience = terms.audience;
  request.embargo_until = policy::embargo_of(terms);
  request.supporting = policy::is_supporting(request.object_type);
  request.with_a_released_object = true;  // asked for each one, in sees()
  // Whoever brought a version has it.
  if (writer == reader.name && !reader.name.empty()) {
    request.audience = std::vector<std::string>{reader.name};
  }
  request.holder = policy::Holder::recipient;
  request.recipient = {.person = reader.name,
                       .organisation = reader.organisation,
                       .client_of = reader.client_of,
                       .communities = reader.communities};
  request.purpose = policy::Purpose::read;
  return request;
}

Result<void> View::add_class(const store::ReleaseClass& one, const store::User& reader, stix::Instant at) {
  const policy::Terms terms = policy::read_terms(one.release);
  std::vector<std::pair<std::string, Definition>> defined;
  for (const std::string& id : terms.markings) {
    if (!policy::tlp_of_id(id)) {
      TRY(std::optional<Definition> found, definition(id, one.writer));
      if (found) {
        defined.emplace_back(id, std::move(*found));
      }
    }
  }
  policy::Request request = question(terms, one.writer, reader);
  // With the definitions up to a place, at a moment.
  const auto allowed = [&](store::Sequence up_to, std::optional<stix::Instant> moment) {
    policy::Definitions definitions;
    for (const auto& [id, definition] : defined) {
      if (definition.sequence <= up_to) {
        definitions.emplace_back(id, definition.marking);
      }
    }
    apply(terms, definitions, request);
    request.at = moment;
    return policy::decide(request).decision == policy::Decision::allow;
  };
  const stix::Instant over = moment_over(at);
  constexpr store::Sequence everything = std::numeric_limits<store::Sequence>::max();
  if (!allowed(everything, over)) {
    return {};
  }
  classes_.push_back(one.id);
  if (reader.name.empty() || one.writer != reader.name) {
    others_classes_.push_back(one.id);
  }
  entered_.emplace_back();
  if (allowed(0, std::nullopt)) {
    return {};
  }
  // It was not allowed from the first: the earliest of the moments at which something changed is when it entered.
  std::vector<Place> moments;
  std::vector<stix::Instant> ends;
  if (request.embargo_until) {
    ends.push_back(*request.embargo_until);
  }
  for (const auto& [id, definition] : defined) {
    moments.push_back({.at = definition.sequence, .date = definition.date_added});
    if (definition.marking.embargo_until) {
      ends.push_back(*definition.marking.embargo_until);
    }
  }
  for (const stix::Instant end : ends) {
    if (end > 0 && end <= over) {
      const stix::Instant whole = (end + millisecond - 1) / millisecond * millisecond;
      const Time date{static_cast<std::int64_t>(whole / stix::instants_per_tick)};
      TRY(const store::Sequence last, store_->last_at(collection_, date));
      moments.push_back({.at = last, .date = date});
    }
  }
  std::ranges::sort(moments);
  for (const Place& moment : moments) {
    if (allowed(moment.at, stix::from_time(moment.date))) {
      return add_late(one.id, moment);
    }
  }
  return {};
}

Result<void> View::add_late(std::uint32_t release_class, const Place& entered) {
  bool any = false;
  TRY_VOID(store_->scan(collection_, 0, {std::span(&release_class, 1), {}}, [&](const store::RecordPointer& record) {
    any = record->sequence <= entered.at;
    return false;
  }));
  if (!any) {
    return {};
  }
  entered_.back() = entered;
  const auto place = std::ranges::lower_bound(late_, entered, {},
                                              [](const Late& late) { return Place{.at = late.at, .date = late.date}; });
  if (place != late_.end() && place->at == entered.at && place->date == entered.date) {
    place->classes.push_back(release_class);  // classes come by id
  } else {
    late_.insert(place, Late{entered.at, entered.date, {release_class}});
  }
  return {};
}

Place View::place(const store::Record& record) const {
  const auto found = std::ranges::lower_bound(classes_, record.release_class);
  if (found != classes_.end() && *found == record.release_class) {
    const Place& entered = entered_[static_cast<std::size_t>(found - classes_.begin())];
    if (record.sequence <= entered.at) {
      return {entered.at, entered.date, record.sequence};
    }
  }
  return {.at = record.sequence};
}

Time View::date_added(const store::Record& record) const {
  const Time date = place(record).date;
  return date.known() ? date : record.date_added;
}

stix::Instant View::version_at(const store::Record& record) const {
  return record.version.empty() ? stix::from_time(date_added(record)) : record.version_at;
}

Result<void> View::scan(const Place& after, const std::vector<std::string>& types, std::size_t wanted,
                        std::vector<store::RecordPointer>& out) const {
  const auto read = [&](store::Sequence from, store::Sequence to,
                        std::span<const std::uint32_t> classes) -> Result<void> {
    if (classes.empty() || from >= to || out.size() >= wanted) {
      return {};
    }
    return store_->scan(collection_, from, {classes, types}, [&](const store::RecordPointer& record) {
      if (record->sequence > to) {
        return false;
      }
      out.push_back(record);
      return out.size() < wanted;
    });
  };
  store::Sequence from = after.at;
  for (std::size_t index = 0; index < late_.size() && out.size() < wanted; ++index) {
    const Late& late = late_[index];
    const Place entered{.at = late.at, .date = late.date};
    if (after.at > late.at || (after > entered && after.date != late.date)) {
      continue;
    }
    // What stands up to here where it was added: not the classes that enter here or later.
    std::vector<std::uint32_t> there;
    for (std::size_t one = 0; one < classes_.size(); ++one) {
      if (entered_[one] < entered) {
        there.push_back(classes_[one]);
      }
    }
    TRY_VOID(read(from, late.at, there));
    from = std::max(from, late.at);
    TRY_VOID(read(after > entered ? after.moved : 0, late.at, late.classes));
  }
  return read(from, std::numeric_limits<store::Sequence>::max(), classes_);
}

Result<View> View::open(const store::Store& store, store::CollectionName collection, const store::User& reader,
                        stix::Instant at) {
  View view(store, collection);
  view.reader_ = reader;
  view.at_ = at;
  TRY(const std::vector<store::ReleaseClass> classes, store.classes(collection));
  for (const store::ReleaseClass& one : classes) {
    TRY_VOID(view.add_class(one, reader, at));
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
  if (!references_ || (!reader_.name.empty() && record.writer == reader_.name)) {
    return false;
  }
  return references_->names_hidden(record);
}

Result<void> View::prepare(std::span<const store::RecordPointer> records) {
  return references_ ? references_->prepare(records) : Result<void>();
}

Result<bool> View::used_by_one_seen(std::string_view id) {
  store::Search search;
  search.uses = id;
  search.limit = 4;  // the first one mostly is enough
  for (;;) {
    TRY(const std::vector<store::RecordPointer> users, store_->find(collection_, search, {others_classes_, {}}));
    for (const store::RecordPointer& user : users) {
      // One that may be seen but does not count is not shown either.
      TRY(const std::vector<store::RecordPointer> shown, versions(user->id));
      if (std::ranges::find(shown, user->sequence, &store::Record::sequence) != shown.end()) {
        return true;
      }
    }
    if (users.size() < search.limit) {
      return false;
    }
    search.after = users.back()->sequence;
    search.limit = std::min<std::size_t>(search.limit * 8, 1'000);
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
  if (!policy::is_supporting(record.type) || policy::tlp_of_id(record.id) || record.writer == reader_.name) {
    return true;
  }
  if (const auto found = used_.find(record.id); found != used_.end()) {
    return found->second;
  }
  TRY(const std::vector<std::uint32_t> using_it, store_->classes_using(collection_, record.id));
  bool used = std::ranges::any_of(using_it,
                                  [&](std::uint32_t one) { return std::ranges::binary_search(others_classes_, one); });
  if (used) {
    TRY(used, used_by_one_seen(record.id));
  }
  used_.emplace(record.id, used);
  return used;
}

Result<Explanation> View::explain(const store::Record& record) {
  TRY(const std::vector<store::ReleaseClass> all, store_->classes(collection_));
  const auto found = std::ranges::find(all, record.release_class, &store::ReleaseClass::id);
  if (found == all.end()) {
    return failure(ErrorCode::damaged, "a version is of no release class", {}, "tocsin node verify");
  }
  const policy::Terms terms = policy::read_terms(found->release);
  policy::Request request = question(terms, found->writer, reader_);
  policy::Definitions definitions;
  for (const std::string& id : terms.markings) {
    if (!policy::tlp_of_id(id)) {
      TRY(const std::optional<Definition> defined, definition(id, found->writer));
      if (defined) {
        definitions.emplace_back(id, defined->marking);
      }
    }
  }
  apply(terms, definitions, request);
  request.at = moment_over(at_);
  Explanation out{.step = Explanation::Step::refused, .release = policy::decide(request)};
  if (!std::ranges::binary_search(classes_, record.release_class)) {
    return out;
  }
  TRY(const bool seen, sees(record));
  if (!seen) {
    TRY(const bool hidden, names_hidden(record));
    out.step = hidden ? Explanation::Step::names_hidden : Explanation::Step::not_used;
    return out;
  }
  TRY(const std::vector<store::RecordPointer> counting, versions(record.id));
  const bool counts = std::ranges::find(counting, record.sequence, &store::Record::sequence) != counting.end();
  out.step = counts ? Explanation::Step::shown : Explanation::Step::another_counts;
  return out;
}

Result<std::vector<store::RecordPointer>> View::every_version(std::string_view id) {
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

Result<std::string> View::organisation_of(std::string_view user) {
  if (const auto known = organisations_.find(user); known != organisations_.end()) {
    return known->second;
  }
  TRY(const std::optional<store::User> found, store_->user(user));
  return organisations_.emplace(std::string(user), found ? found->organisation : std::string()).first->second;
}

Result<bool> View::is_creator(const store::Record& first, std::string_view writer, std::string_view created_by) {
  if (created_by_of(first.bytes) != created_by) {
    return false;
  }
  // What was moved from another server came from nobody that is known here.
  if (first.writer.empty() || first.writer == writer) {
    return true;
  }
  TRY(const std::string organisation, organisation_of(first.writer));
  TRY(const std::string other, organisation_of(writer));
  return !organisation.empty() && organisation == other;
}

Result<std::vector<store::RecordPointer>> View::versions(std::string_view id) {
  TRY(std::vector<store::RecordPointer> seen, every_version(id));
  std::vector<store::RecordPointer> out;
  for (store::RecordPointer& record : seen) {
    if (!out.empty()) {
      const store::Record& first = *out.front();
      const bool there = record->version.empty() || std::ranges::any_of(out, [&](const store::RecordPointer& other) {
                           return other->version_at == record->version_at;
                         });
      if (there) {
        continue;
      }
      TRY(const bool counts, is_creator(first, record->writer, created_by_of(record->bytes)));
      if (!counts) {
        continue;
      }
    }
    out.push_back(std::move(record));
  }
  return out;
}

Result<std::vector<store::RecordPointer>> View::find(store::Search search, const std::vector<std::string>& types) {
  // A version enters a view when it is added or later: the store may leave out what is too late, but what is too early
  // only where nothing entered later.
  const std::optional<Time> since = search.since;
  const std::optional<Time> until = search.until;
  if (!late_.empty()) {
    search.since.reset();
  }
  const std::size_t wanted = search.limit;
  std::vector<store::RecordPointer> out;
  for (;;) {
    TRY(const std::vector<store::RecordPointer> found, store_->find(collection_, search, {classes_, types}));
    TRY_VOID(prepare(found));
    for (const store::RecordPointer& record : found) {
      const Time added = date_added(*record);
      if ((since && added < *since) || (until && added >= *until)) {
        continue;
      }
      TRY(const std::vector<store::RecordPointer> shown, versions(record->id));
      if (std::ranges::find(shown, record->sequence, &store::Record::sequence) != shown.end()) {
        out.push_back(record);
        if (out.size() == wanted) {
          return out;
        }
      }
    }
    if (found.size() < std::min(search.limit, store::limits::found_max)) {
      return out;
    }
    search.after = found.back()->sequence;
  }
}

}  // namespace tocsin::taxii
