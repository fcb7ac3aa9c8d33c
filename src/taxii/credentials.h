// What stands for a user instead of a password: API tokens, which may do less than their user and end some day, and
// certificates of clients. Kept in the store's notes; of a token only its digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/notes.h"
#include "store/store.h"

namespace tocsin::taxii {

struct ApiToken {
  std::string id = {};  // for people: what list shows and revoke takes; says nothing about the token
  std::string user = {};
  std::string name = {};                 // what it is for; may be empty
  std::vector<store::Grant> scope = {};  // empty: all that the user may do
  Time added = {};
  std::optional<Time> expires = {};  // from then on it is worth nothing
};

// "tocsin_" and 32 random bytes in base64url. To be shown once: nothing brings it back.
std::string new_api_token(Random& random);
// Keeps `token` as `about` says, whose id is set from its digest. Error limit: the user has too many.
Result<ApiToken> put_api_token(store::Notes& notes, std::string_view token, ApiToken about);
// Nothing where it is unknown, revoked, or has ended at `now`.
Result<std::optional<ApiToken>> find_api_token(const store::Notes& notes, std::string_view token, Time now);
// In the order of users, also those that have ended; of one user where one is given.
Result<std::vector<ApiToken>> api_tokens(const store::Notes& notes, std::string_view user = {});
// False: this user has no token of this id.
Result<bool> revoke_api_token(store::Notes& notes, std::string_view user, std::string_view id);

// What both allow. No scope: all that the user may do.
std::vector<store::Grant> cut_grants(const std::vector<store::Grant>& grants, const std::vector<store::Grant>& scope);

struct Rights {
  bool read = false, write = false;
};
// What the grants allow in a collection, no more than the collection allows anybody.
Rights rights_in(const std::vector<store::Grant>& grants, const store::Collection& collection);

struct ClientCertificate {
  std::string sha256;  // of the certificate (DER), in lower-case hexadecimal
  std::string user;
  Time added;
};

// One certificate stands for one user. Error usage: it stands for another one already; limit: the user has too many.
Result<void> put_client_certificate(store::Notes& notes, const ClientCertificate& certificate);
Result<std::optional<ClientCertificate>> find_client_certificate(const store::Notes& notes, std::string_view sha256);
Result<std::vector<ClientCertificate>> client_certificates(const store::Notes& notes, std::string_view user = {});
// False: it is not listed for this user.
Result<bool> remove_client_certificate(store::Notes& notes, std::string_view user, std::string_view sha256);
// The digest of the first certificate of a PEM text. Error syntax.
Result<std::string> certificate_digest(std::string_view pem);

// All tokens and certificates of a user who goes: another one who gets the same name later must not be met by them.
Result<void> forget_credentials(store::Notes& notes, std::string_view user);

}  // namespace tocsin::taxii
