// Notice: {id, modified, revoked} of a newer version, for those who were sent an older one and may not have this one.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "exchange/message.h"
#include "stix/timestamp.h"

namespace tocsin::exchange {

// {"type":"tocsin-notice","version":1,"id","modified","revoked","kid","sig"}; signed as author keys sign documents
// (stix/author_key.h), by the author, so that whoever passes it on changes nothing.
struct Notice {
  std::string id, modified, kid;
  stix::Instant modified_at = 0;
  bool revoked = false;
  trust::Ed25519Signature signature{};
};

Result<std::string> write_notice(std::string_view id, std::string_view modified, bool revoked, const Signer& signer);
// Reads; whether the signature holds is asked with notice_holds().
Result<Notice> read_notice(std::string_view document);
bool notice_holds(const Notice& notice, std::string_view document, const trust::Ed25519Key& key);

}  // namespace tocsin::exchange
