#include "rules/indicators/loader.h"

#include "base/text.h"
#include "rules/indicators/json_lists.h"
#include "rules/indicators/text_lists.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t head_bytes = 4096;

}  // namespace

IndicatorLoader::IndicatorLoader(IndicatorOptions options)
    : options_(options), store_(std::make_unique<IndicatorStore>()) {}
IndicatorLoader::~IndicatorLoader() = default;

Result<void> IndicatorLoader::add(const std::string& name, ByteSource& bytes) {
  std::string buffer(head_bytes, '\0');
  TRY(const std::size_t got, read_full(bytes, buffer));
  std::string_view head(buffer.data(), got);
  const std::string_view whole = head;
  if (head.starts_with("\xEF\xBB\xBF")) {
    head.remove_prefix(3);
  }
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF") || head.find('\0') != head.npos) {
    return failure(ErrorCode::encoding, "is no list of indicators in UTF-8", {.source = name},
                   "save it as UTF-8 text; archives have to be unpacked");
  }
  const std::string_view text = trim(head);
  // "[.]" and "[2001:db8::1]" begin lines of plain lists too; an array has a value or its end behind the bracket.
  const bool json = text.starts_with('{') || (text.starts_with('[') && [&] {
                      const std::string_view rest = trim(text.substr(1));
                      return rest.empty() || rest.starts_with('{') || rest.starts_with('[') || rest.starts_with(']');
                    }());
  RejoinedSource source(json ? head : whole, bytes);
  if (json) {
    read_json_list(source, name, options_.level, *store_);
  } else {
    read_text_list(source, name, options_.level, *store_);
  }
  return {};
}

std::shared_ptr<const IndicatorStore> IndicatorLoader::finish() && { return {std::move(store_)}; }

}  // namespace tocsin::rules
