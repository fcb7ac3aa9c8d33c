// YAML text to trees: both entry points must agree on what is readable.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = tocsin::wire::parse_yaml(text);
  const auto parts = tocsin::wire::parse_yaml_documents(text);
  if (whole) {
    tocsin::check(parts.size() <= whole->size(), "documents do not multiply");
    for (const auto& part : parts) {
      tocsin::check(part.has_value(), "what the stream reader takes, the document reader takes");
    }
  } else {
    tocsin::check(!whole.error().message.empty(), "an error says what is wrong");
  }
  return 0;
}
