// A second state function for tests: written sentence by sentence from the contract, slow and obvious, sharing nothing
// with the first but JSON and SHA-256.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace tocsin::consult::plain {

// One copy of an entry; what the door lets in, and only that.
struct Copy {
  wire::Json json;
  std::string bytes;  // RFC 8785 form without the signature
  std::string id;
};
Copy copy_of(std::string_view text);

// Whether the copy's signature, 128 lower-case hex digits, is one of the key (in hex) over its bytes.
using Verify = std::function<bool(const Copy& copy, const std::string& signature, const std::string& key)>;

// The result of the contract's section 8, in RFC 8785 form.
std::string state(const std::vector<std::string>& rosters, const std::string& item,
                  const std::vector<const Copy*>& copies, const std::string& as_of, const Verify& verify);

}  // namespace tocsin::consult::plain
