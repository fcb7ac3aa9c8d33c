#include "taxii/references.h"

#include <algorithm>

#include "base/text.h"
#include "stix/value_syntax.h"
#include "taxii/limits.h"
#include "wire/json_reader.h"

namespace tocsin::taxii {
namespace {

constexpr std::size_t uuid_characters = 36;

bool in_type(char c) { return (c >= 'a' && c <= 'z') || ascii_digit(c) || c == '-'; }

// Gives each identifier to `take`, as it stands in the text. In a text with its escapes false where one stands before
// an identifier, so that it cannot be told where that begins.
template <typename Take>
bool find_ids(std::string_view text, bool escaped, std::string_view own, Take&& take) {
  for (std::size_t at = text.find("--"); at != std::string_view::npos; at = text.find("--", at + 1)) {
    const std::size_t uuid = at + 2;
    if (at == 0 || !stix::is_uuid(text.substr(uuid, uuid_characters))) {
      continue;
    }
    std::size_t begin = at;
    while (begin > 0 && in_type(text[begin - 1])) {
      --begin;
    }
    // "a---UUID" or "see--indicator--UUID": the type is what stands behind the hyphens before it.
    const std::size_t doubled = text.substr(begin, at - begin).rfind("--");
    begin = doubled == std::string_view::npos ? begin : begin + doubled + 2;
    const std::string_view id = text.substr(begin, uuid + uuid_characters - begin);
    if (escaped && begin > 0 && text[begin - 1] == '\\') {
      return false;
    }
    if (begin < at && id != own) {
      take(id);
    }
  }
  return true;
}

void sort_once(std::vector<std::string>& ids) {
  std::ranges::sort(ids);
  const auto rest = std::ranges::unique(ids);
  ids.erase(rest.begin(), rest.end());
}

template <typename Take>
void find_ids_by_token(std::string_view bytes, std::string_view own, Take&& take) {
  thread_local wire::JsonReader reader;
  std::string unescaped;
  reader.open(bytes);
  for (;;) {
    const wire::JsonToken token = reader.next();
    if (token == wire::JsonToken::end || token == wire::JsonToken::fault) {
      break;
    }
    if (token != wire::JsonToken::key && token != wire::JsonToken::string) {
      continue;
    }
    std::string_view text = reader.text();
    if (text.size() < uuid_characters) {
      continue;
    }
    if (wire::has_escape(text)) {
      unescaped.resize(text.size() + wire::unescape_slack);
      text = std::string_view(unescaped).substr(0, wire::unescape_json(text, unescaped.data()).bytes);
    }
    find_ids(text, false, own, take);
  }
}

// Some may come twice. An identifier is made of characters that need no escape: it stands in the bytes as it is,
// unless somebody wrote them as \u00XX, or an escape stands right before it ("\nindicator--…").
template <typename Take>
void find_named(std::string_view bytes, std::string_view own, Take&& take) {
  if (bytes.find("\\u00") != std::string_view::npos || !find_ids(bytes, true, own, take)) {
    find_ids_by_token(bytes, own, take);
  }
}

}  // namespace

std::vector<std::string> named_ids(std::string_view bytes, std::string_view own) {
  std::vector<std::string> out;
  find_named(bytes, own, [&](std::string_view id) { out.emplace_back(id); });
  sort_once(out);
  return out;
}

std::vector<std::string> named_ids_by_token(std::string_view bytes, std::string_view own) {
  std::vector<std::string> out;
  find_ids_by_token(bytes, own, [&](std::string_view id) { out.emplace_back(id); });
  sort_once(out);
  return out;
}

std::uint32_t References::number_of(std::string_view id) {
  if (const auto found = numbers_.find(id); found != numbers_.end()) {
    return found->second;
  }
  const auto number = static_cast<std::uint32_t>(objects_.size());
  numbers_.emplace(ids_.emplace_back(id), number);
  objects_.emplace_back();
  return number;
}

// The versions of the objects that are known and not yet followed; asked together, because a question costs more than
// its answer.
Result<void> References::read_batch() {
  const std::size_t count =
      std::min({objects_.size() - followed_, limits::references_max - followed_, std::size_t{256}});
  std::vector<std::string_view> ids;
  for (std::size_t at = followed_; at < followed_ + count; ++at) {
    ids.push_back(ids_[at]);
  }
  batch_begin_ = followed_;
  batch_.assign(count, {});
  return store_->versions(collection_, ids,
                          [this](std::size_t at, const store::RecordPointer& record) { batch_[at].push_back(record); });
}

void References::name(std::uint32_t version, std::string_view id) {
  Object& object = objects_[number_of(id)];
  if (object.hidden) {
    versions_[version].named_hidden = true;
  } else {
    object.named_by.push_back(version);
  }
}

std::uint32_t References::add_version(std::uint32_t object, const store::Record& record) {
  const auto version = static_cast<std::uint32_t>(versions_.size());
  versions_.push_back({.object = object});
  std::size_t named = 0;
  Rest rest{.version = version};
  find_named(record.bytes, record.id, [&](std::string_view id) {
    if (named++ < limits::references_first) {
      name(version, id);
    } else {
      rest.ids.emplace_back(id);
    }
  });
  if (versions_[version].named_hidden) {
    to_hide_.push_back(version);
  } else if (!rest.ids.empty()) {
    rests_.push_back(std::move(rest));
  }
  return version;
}

Result<void> References::look_at(std::uint32_t number) {
  if (number >= limits::references_max) {
    objects_[number].present = true;
    hide(number);
    return {};
  }
  if (number >= batch_begin_ + batch_.size()) {
    TRY_VOID(read_batch());
  }
  const std::vector<store::RecordPointer> versions = std::move(batch_[number - batch_begin_]);
  for (const store::RecordPointer& record : versions) {
    // What the reader brought itself neither hides nor opens: it could guess an id to learn who names it.
    if (held_(*record)) {
      continue;
    }
    objects_[number].present = true;
    if (allowed_(*record)) {
      ++objects_[number].open_versions;
      add_version(number, *record);
    }
  }
  if (objects_[number].present && objects_[number].open_versions == 0) {
    hide(number);
  }
  return {};
}

void References::hide(std::uint32_t number) {
  objects_[number].hidden = true;
  const std::vector<std::uint32_t> named_by = std::exchange(objects_[number].named_by, {});
  to_hide_.insert(to_hide_.end(), named_by.begin(), named_by.end());
}

// In waves: an object's versions are looked at, what they name joins the end of the list; then what is hidden hides
// what names it. A version that names many is asked for some of them first, since one that is hidden is enough.
Result<void> References::follow() {
  for (;;) {
    for (; followed_ < objects_.size(); ++followed_) {
      TRY_VOID(look_at(static_cast<std::uint32_t>(followed_)));
    }
    while (!to_hide_.empty()) {
      Version& version = versions_[to_hide_.back()];
      to_hide_.pop_back();
      if (!std::exchange(version.hidden, true) && version.object != no_object &&
          --objects_[version.object].open_versions == 0) {
        hide(version.object);
      }
    }
    std::erase_if(rests_, [&](Rest& rest) {
      if (versions_[rest.version].hidden) {
        return true;
      }
      const std::size_t end = std::min(rest.ids.size(), (rest.named + limits::references_first) * 4);
      for (; rest.named < end; ++rest.named) {
        name(rest.version, rest.ids[rest.named]);
      }
      if (versions_[rest.version].named_hidden) {
        to_hide_.push_back(rest.version);
      }
      return rest.named == rest.ids.size();
    });
    if (followed_ == objects_.size() && to_hide_.empty() && rests_.empty()) {
      return {};
    }
  }
}

Result<void> References::prepare(std::span<const store::RecordPointer> records) {
  prepared_.clear();
  for (const store::RecordPointer& record : records) {
    if (allowed_(*record) && !held_(*record)) {
      prepared_.emplace(record->sequence, add_version(no_object, *record));
    }
  }
  return follow();
}

Result<bool> References::names_hidden(const store::Record& record) {
  if (const auto known = prepared_.find(record.sequence); known != prepared_.end()) {
    return versions_[known->second].hidden;
  }
  const std::uint32_t version = add_version(no_object, record);
  TRY_VOID(follow());
  return versions_[version].hidden;
}

}  // namespace tocsin::taxii
