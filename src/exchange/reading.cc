#include "exchange/reading.h"

#include <algorithm>

#include "base/text.h"
#include "exchange/limits.h"
#include "taxii/object_header.h"

namespace tocsin::exchange {
namespace {

using wire::Json;

constexpr std::size_t uuid_bytes = 36;

// Every text in the object may be the identifier of another one, wherever it stands.
Result<void> collect(const Json& tree, Reading& out) {
  std::vector<const Json*> waiting = {&tree};
  while (!waiting.empty()) {
    const Json* at = waiting.back();
    waiting.pop_back();
    if (at->kind == Json::Kind::string && is_identifier(at->text) && at->text != out.id) {
      out.references.push_back(at->text);
    }
    for (const Json& item : at->items) {
      waiting.push_back(&item);
    }
    for (const auto& [name, value] : at->members) {
      if (is_identifier(name) && name != out.id) {
        out.references.push_back(name);
      }
      waiting.push_back(&value);
    }
  }
  std::ranges::sort(out.references);
  const auto rest = std::ranges::unique(out.references);
  out.references.erase(rest.begin(), rest.end());
  return out.references.size() <= limits::references_max
             ? Result<void>()
             : failure(ErrorCode::limit, "the object names too many others");
}

}  // namespace

bool is_identifier(std::string_view text) {
  if (text.size() < uuid_bytes + 3 || text.size() > uuid_bytes + 252) {
    return false;
  }
  const std::string_view type = text.substr(0, text.size() - uuid_bytes - 2);
  const std::string_view uuid = text.substr(text.size() - uuid_bytes);
  if (text.substr(type.size(), 2) != "--" ||
      !std::ranges::all_of(type, [](char c) { return (c >= 'a' && c <= 'z') || ascii_digit(c) || c == '-'; })) {
    return false;
  }
  for (std::size_t at = 0; at < uuid.size(); ++at) {
    const char c = ascii_lower(uuid[at]);
    const bool hyphen = at == 8 || at == 13 || at == 18 || at == 23;
    if (hyphen ? c != '-' : !ascii_digit(c) && (c < 'a' || c > 'f')) {
      return false;
    }
  }
  return true;
}

Result<Reading> read_for_exchange(std::string_view bytes) {
  if (bytes.size() > limits::object_bytes_max) {
    return failure(ErrorCode::limit, "the object is too long");
  }
  taxii::ObjectHeader header;
  TRY_VOID(taxii::read_header(bytes, header));
  Reading out;
  TRY(out.tree, wire::parse_json(bytes));
  out.id = std::move(header.id);
  out.type = std::move(header.type);
  out.spec_version = std::move(header.spec_version);
  out.version = std::move(header.version);
  out.version_at = header.version_at;
  out.author = std::move(header.created_by);
  if (out.author.empty() && out.type == "identity") {
    out.author = out.id;
  }
  out.markings = std::move(header.markings);
  out.uses = std::move(header.uses);
  std::erase(out.uses, out.id);
  const Json* revoked = out.tree.find("revoked");
  out.revoked = revoked != nullptr && revoked->boolean;
  TRY_VOID(collect(out.tree, out));
  return out;
}

}  // namespace tocsin::exchange
