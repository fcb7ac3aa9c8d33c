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

// In a text with its escapes false where one stands before an identifier, so that it cannot be told where that begins.
bool find_ids(std::string_view text, bool escaped, std::string_view own, std::vector<std::string>& out) {
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
      out.emplace_back(id);
    }
  }
  return true;
}

void sort_once(std::vector<std::string>& ids) {
  std::ranges::sort(ids);
  const auto rest = std::ranges::unique(ids);
  ids.erase(rest.begin(), rest.end());
}

}  // namespace

// An identifier is made of characters that need no escape: it stands in the bytes as it is, unless somebody wrote them
// as
// \u00XX, or an escape stands right before it ("\nindicator--…").
std::vector<std::string> named_ids(std::string_view bytes, std::string_view own) {
  std::vector<std::string> out;
  if (bytes.find("\\u00") != std::string_view::npos || !find_ids(bytes, true, own, out)) {
    return named_ids_by_token(bytes, own);
  }
  sort_once(out);
  return out;
}

std::vector<std::string> named_ids_by_token(std::string_view bytes, std::string_view own) {
  std::vector<std::string> out;
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
    find_ids(text, false, own, out);
  }
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

// In waves: an object's versions are looked at, what they name joins the end of the list. Then what is hidden hides
// what names it.
Result<void> References::follow() {
  std::vector<std::uint32_t> hidden;
  for (; followed_ < objects_.size(); ++followed_) {
    const auto number = static_cast<std::uint32_t>(followed_);
    if (followed_ >= limits::references_max) {
      objects_[number].present = true;
      hidden.push_back(number);
      continue;
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
      if (!allowed_(*record)) {
        continue;
      }
      ++objects_[number].open_versions;
      const auto version = static_cast<std::uint32_t>(versions_.size());
      versions_.push_back({number, false});
      for (const std::string& id : named_ids(record->bytes, record->id)) {
        const std::uint32_t named = number_of(id);
        objects_[named].named_by.push_back(version);
        if (objects_[named].hidden) {
          hidden.push_back(named);  // known from before: hides this version, too
        }
      }
    }
    if (objects_[number].present && objects_[number].open_versions == 0) {
      hidden.push_back(number);
    }
  }
  while (!hidden.empty()) {
    const std::uint32_t object = hidden.back();
    hidden.pop_back();
    objects_[object].hidden = true;
    for (const std::uint32_t by : std::exchange(objects_[object].named_by, {})) {
      Version& version = versions_[by];
      if (!version.hidden) {
        version.hidden = true;
        if (--objects_[version.object].open_versions == 0) {
          hidden.push_back(version.object);
        }
      }
    }
  }
  return {};
}

std::vector<std::uint32_t> References::named_by(const store::Record& record) {
  std::vector<std::uint32_t> out;
  for (const std::string& id : named_ids(record.bytes, record.id)) {
    out.push_back(number_of(id));
  }
  return out;
}

Result<void> References::prepare(std::span<const store::RecordPointer> records) {
  prepared_.clear();
  for (const store::RecordPointer& record : records) {
    if (allowed_(*record) && !held_(*record)) {
      prepared_.emplace(record->sequence, named_by(*record));
    }
  }
  return follow();
}

Result<bool> References::names_hidden(const store::Record& record) {
  const auto hidden = [this](std::uint32_t number) { return objects_[number].hidden; };
  if (const auto known = prepared_.find(record.sequence); known != prepared_.end()) {
    return std::ranges::any_of(known->second, hidden);
  }
  const std::vector<std::uint32_t> named = named_by(record);
  TRY_VOID(follow());
  return std::ranges::any_of(named, hidden);
}

}  // namespace tocsin::taxii
