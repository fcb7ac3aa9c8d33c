// tocsin token, certificate: what stands for a user of a node instead of the password.
#include <algorithm>

#include <fmt/format.h>

#include "app/audit.h"
#include "app/command.h"
#include "app/duration.h"
#include "app/grants.h"
#include "app/node.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "report/visible.h"
#include "taxii/credentials.h"

namespace tocsin::app {
namespace {

const Option data_option = {"--data", "DIR", "The node's folder (default ./tocsin-data)"};
constexpr std::size_t certificate_bytes_max = std::size_t{1} << 20;
constexpr std::int64_t token_days_max = 3'660;

struct Opened {
  NodeData node;
  std::unique_ptr<store::Notes> notes;
};

std::string folder_of(const Arguments& arguments) {
  return arguments.value("--data").value_or(std::string(data_folder_default));
}

Result<Opened> open_both(const Arguments& arguments) {
  Opened out;
  TRY(out.node, open_node(folder_of(arguments)));
  TRY(out.notes, open_node_notes(folder_of(arguments)));
  return out;
}

Result<void> must_be_user(const Opened& opened, const std::string& name) {
  TRY(const auto user, opened.node.store->user(name));
  return user ? Result<void>() : failure(ErrorCode::not_found, "there is no such user", {name}, "tocsin user list");
}

int exit_of(const Result<void>& done) { return done ? exit_nothing_found : report_error(done.error()); }

Result<void> token_add(const Arguments& arguments) {
  TRY(const Opened opened, open_both(arguments));
  taxii::ApiToken token;
  token.user = arguments.positional[0];
  TRY_VOID(must_be_user(opened, token.user));
  token.name = arguments.value("--name").value_or("");
  if (token.name.size() > 256 || !valid_utf8(token.name)) {
    return failure(ErrorCode::usage, "a token's name has at most 256 bytes of UTF-8");
  }
  TRY(token.scope, grants_of(arguments, *opened.node.store));
  token.added = SystemClock().now();
  if (const auto text = arguments.value("--expires"); text && *text != "never") {
    TRY(const std::chrono::seconds duration, parse_duration(*text));
    if (duration.count() <= 0 || duration.count() > token_days_max * 86'400) {
      return failure(ErrorCode::usage, "a token ends after one second to ten years, or never", {},
                     "--expires 90d, or --expires never");
    }
    token.expires = Time{token.added.ticks + duration.count() * Time::ticks_per_second};
  } else if (!text) {
    token.expires = Time{token.added.ticks + std::int64_t{90} * 86'400 * Time::ticks_per_second};
  }
  AuditDetails act = {{"user", token.user}, {"name", token.name}};
  act.emplace_back("until", token.expires ? rfc3339(*token.expires) : "no end");
  for (const store::Grant& grant : token.scope) {
    act.emplace_back("may", grant_text(grant));
  }
  TRY_VOID(record_act(folder_of(arguments), "token-add", std::move(act)));
  SystemRandom random;
  const std::string secret = taxii::new_api_token(random);
  TRY(const taxii::ApiToken put, taxii::put_api_token(*opened.notes, secret, token));
  print_out("{}\n", secret);
  message(fmt::format("token {} of {}{}; it is shown this once", put.id, report::visible(put.user),
                      put.expires ? ", until " + rfc3339(*put.expires) : std::string(", without end")));
  return {};
}

Result<void> token_list(const Arguments& arguments) {
  TRY(const Opened opened, open_both(arguments));
  const std::string user = arguments.positional.empty() ? std::string() : arguments.positional[0];
  TRY(const std::vector<taxii::ApiToken> tokens, taxii::api_tokens(*opened.notes, user));
  const Time now = SystemClock().now();
  for (const taxii::ApiToken& token : tokens) {
    std::string scope;
    for (const store::Grant& grant : token.scope) {
      scope += "  " + grant_text(grant);
    }
    const std::string ends = !token.expires          ? "no end"
                             : now >= *token.expires ? "ended " + rfc3339(*token.expires)
                                                     : "until " + rfc3339(*token.expires);
    print_out("{}  {}  added {}  {}{}{}\n", token.id, report::visible(token.user), rfc3339(token.added), ends,
              scope.empty() ? "  all that the user may" : scope,
              token.name.empty() ? "" : "  " + report::visible(token.name));
  }
  return {};
}

Result<void> token_revoke(const Arguments& arguments) {
  TRY(const Opened opened, open_both(arguments));
  TRY_VOID(record_act(folder_of(arguments), "token-revoke",
                      {{"user", arguments.positional[0]}, {"token", arguments.positional[1]}}));
  TRY(const bool gone, taxii::revoke_api_token(*opened.notes, arguments.positional[0], arguments.positional[1]));
  if (!gone) {
    return failure(ErrorCode::not_found, "this user has no such token", {arguments.positional[1]}, "tocsin token list");
  }
  print_out("revoked token {}\n", report::visible(arguments.positional[1]));
  return {};
}

// --sha256 as people copy it (colons, capitals), or of the certificate in --file.
Result<std::string> digest_of(const Arguments& arguments) {
  const auto file = arguments.value("--file");
  auto digest = arguments.value("--sha256");
  if (file.has_value() == digest.has_value()) {
    return failure(ErrorCode::usage, "either --file or --sha256 says which certificate");
  }
  if (file) {
    TRY(const std::string pem, read_whole(*file, certificate_bytes_max));
    return taxii::certificate_digest(pem);
  }
  std::erase(*digest, ':');
  *digest = ascii_lower(*digest);
  if (digest->size() != 64 || digest->find_first_not_of("0123456789abcdef") != std::string::npos) {
    return failure(ErrorCode::usage, "a SHA-256 digest has 64 hexadecimal digits", {},
                   "openssl x509 -in CERT.pem -noout -fingerprint -sha256");
  }
  return *digest;
}

Result<void> certificate_add(const Arguments& arguments) {
  TRY(const Opened opened, open_both(arguments));
  TRY_VOID(must_be_user(opened, arguments.positional[0]));
  TRY(const std::string digest, digest_of(arguments));
  TRY_VOID(
      record_act(folder_of(arguments), "certificate-add", {{"user", arguments.positional[0]}, {"sha256", digest}}));
  TRY_VOID(taxii::put_client_certificate(*opened.notes, {digest, arguments.positional[0], SystemClock().now()}));
  print_out("certificate {} stands for {}\n", digest, report::visible(arguments.positional[0]));
  return {};
}

Result<void> certificate_list(const Arguments& arguments) {
  TRY(const Opened opened, open_both(arguments));
  TRY(const auto all,
      taxii::client_certificates(*opened.notes, arguments.positional.empty() ? "" : arguments.positional[0]));
  for (const taxii::ClientCertificate& one : all) {
    print_out("{}  {}  added {}\n", one.sha256, report::visible(one.user), rfc3339(one.added));
  }
  return {};
}

Result<void> certificate_remove(const Arguments& arguments) {
  TRY(const Opened opened, open_both(arguments));
  TRY(const std::string digest, digest_of(arguments));
  TRY_VOID(
      record_act(folder_of(arguments), "certificate-remove", {{"user", arguments.positional[0]}, {"sha256", digest}}));
  TRY(const bool gone, taxii::remove_client_certificate(*opened.notes, arguments.positional[0], digest));
  if (!gone) {
    return failure(ErrorCode::not_found, "this certificate does not stand for this user", {digest},
                   "tocsin certificate list");
  }
  print_out("certificate {} stands for nobody\n", digest);
  return {};
}

const Option file_option = {"--file", "CERT.pem", "The certificate"};
const Option digest_option = {"--sha256", "DIGEST", "Its SHA-256, with or without colons"};

}  // namespace

extern const Command command_token_add;
const Command command_token_add = {
    .name = "token add",
    .doc = "Make an API token of a user",
    .about =
        "Prints the token once: clients send it as 'Authorization: Bearer TOKEN'. It gives the user's rights, or the "
        "part of them that --read and --write name, never more; it ends with --expires (default 90d), when it is "
        "revoked, or with its user. The node keeps its digest only.",
    .example = "tocsin token add alice --read api/shared --expires 30d --name 'mail gateway'",
    .positional = "USER",
    .positional_min = 1,
    .options = {data_option,
                {"--read", "WHERE", "No more than reading there: '*', ROOT/* or ROOT/COLLECTION", true},
                {"--write", "WHERE", "No more than writing there", true},
                {"--expires", "TIME", "Ends after: 12h, 90d (default), never"},
                {"--name", "TEXT", "What it is for"}},
    .run = [](const Arguments& arguments) { return exit_of(token_add(arguments)); },
};

extern const Command command_token_list;
const Command command_token_list = {
    .name = "token list",
    .doc = "List API tokens: of all users, or of one",
    .about = "One token a line: its id, user, when it was made and ends, what it may do, what it is for.",
    .example = "tocsin token list alice",
    .positional = "[USER]",
    .positional_min = 0,
    .options = {data_option},
    .run = [](const Arguments& arguments) { return exit_of(token_list(arguments)); },
};

extern const Command command_token_revoke;
const Command command_token_revoke = {
    .name = "token revoke",
    .doc = "End an API token",
    .about = "A server that runs knows at once. Ids are in 'tocsin token list'.",
    .example = "tocsin token revoke alice 4f6c0a91d2e3",
    .positional = "USER ID",
    .positional_min = 2,
    .options = {data_option},
    .run = [](const Arguments& arguments) { return exit_of(token_revoke(arguments)); },
};

extern const Command command_certificate_add;
const Command command_certificate_add = {
    .name = "certificate add",
    .doc = "Let a certificate of a client stand for a user",
    .about =
        "Who comes with this certificate is this user, and is asked for no password. 'tocsin serve' must ask for "
        "certificates (--tls-client-ca), and an authority named there must have signed it. Where a request brings a "
        "password or token as well, that one says who it is.",
    .example = "tocsin certificate add alice --file alice.pem",
    .positional = "USER",
    .positional_min = 1,
    .options = {data_option, file_option, digest_option},
    .run = [](const Arguments& arguments) { return exit_of(certificate_add(arguments)); },
};

extern const Command command_certificate_list;
const Command command_certificate_list = {
    .name = "certificate list",
    .doc = "List the certificates that stand for users",
    .about = "One certificate a line: its SHA-256, the user, when it was added.",
    .example = "tocsin certificate list",
    .positional = "[USER]",
    .positional_min = 0,
    .options = {data_option},
    .run = [](const Arguments& arguments) { return exit_of(certificate_list(arguments)); },
};

extern const Command command_certificate_remove;
const Command command_certificate_remove = {
    .name = "certificate remove",
    .doc = "Let a certificate stand for its user no more",
    .about = "A server that runs knows at once.",
    .example = "tocsin certificate remove alice --file alice.pem",
    .positional = "USER",
    .positional_min = 1,
    .options = {data_option, file_option, digest_option},
    .run = [](const Arguments& arguments) { return exit_of(certificate_remove(arguments)); },
};

}  // namespace tocsin::app
