// tocsin key: the keys with which authors sign.
#include <ctime>

#include "app/command.h"
#include "app/passphrase.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "report/visible.h"
#include "stix/secret_key.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::size_t key_bytes_max = 65'536;

std::string now() { return rfc3339(Time::from_seconds(std::time(nullptr))); }

template <std::size_t Size>
Result<void> fill_randomly(std::array<std::uint8_t, Size>& out) {
  TRY(std::string bytes, random_bytes(Size));
  std::copy(bytes.begin(), bytes.end(), out.begin());
  trust::wipe(bytes);
  return {};
}

Result<void> make(const Arguments& arguments) {
  const std::string path = *arguments.value("--out");
  stix::AuthorKey key;
  key.identity = arguments.value("--identity").value_or("");
  key.name = arguments.value("--name").value_or("");
  key.nation = arguments.value("--nation").value_or("");
  key.valid_from = arguments.value("--valid-from").value_or(now());
  key.valid_until = arguments.value("--valid-until").value_or("");
  trust::Ed25519Seed seed{};
  TRY_VOID(fill_randomly(seed));
  key.key = trust::ed25519_public_key(seed);
  key.kid = stix::key_id(key.key);
  TRY(const std::string document, stix::write_author_key(key, seed));
  TRY(std::string passphrase, new_passphrase(arguments, "Passphrase of the new key", path + ".passphrase"));
  trust::PassphraseParameters parameters;
  TRY_VOID(fill_randomly(parameters.salt));
  TRY_VOID(fill_randomly(parameters.nonce));
  auto text = stix::write_secret_key(document, seed, passphrase, parameters);
  trust::wipe(passphrase);
  seed.fill(0);
  if (!text) {
    return std::unexpected(std::move(text).error());
  }
  TRY_VOID(write_secret_file(path, *text + "\n"));
  write_out(document + "\n");
  message("key " + key.kid + " of " + report::visible(key.name) +
          ". Fingerprint, to be compared in person or by telephone:\n" + stix::fingerprint(key.key));
  return {};
}

int run_new(const Arguments& arguments) {
  for (const char* needed : {"--identity", "--name", "--out"}) {
    if (!arguments.has(needed)) {
      return report_error({ErrorCode::usage, std::string("'tocsin key new' needs ") + needed, {}, "see its --help"});
    }
  }
  const auto made = make(arguments);
  return made ? exit_nothing_found : report_error(made.error());
}

int run_show(const Arguments& arguments) {
  int exit = exit_nothing_found;
  stix::KeyRing ring;
  for (const std::string& path : arguments.positional) {
    const auto file = open_input(path);
    if (!file) {
      return report_error(file.error());
    }
    LineReader lines(file->get(), key_bytes_max);
    while (auto line = lines.next()) {
      const auto json = *line ? wire::parse_json(**line) : Result<wire::Json>(std::unexpected(line->error()));
      std::string document;
      Result<void> added;
      if (json) {
        const wire::Json* inner = json->string_or("type", "") == "tocsin-secret-key" ? json->find("key") : nullptr;
        wire::JsonWriter writer(document);
        wire::write_json(inner == nullptr ? *json : *inner, writer);
        added = ring.add(document);
      } else {
        added = std::unexpected(json.error());
      }
      if (!added) {
        Error error = added.error();
        error.where.source = path;
        report_error(error);
        exit = exit_failed;
        continue;
      }
      const auto shown = wire::parse_json(document);
      const std::string kid(shown->string_or("kid", ""));
      const stix::AuthorKey* key = ring.find(kid);
      if (shown->string_or("type", "") != "tocsin-key" || key == nullptr) {
        print_out("revocation of {} since {}: {}\n", report::visible(kid),
                  report::visible(shown->string_or("revoked", "")), report::visible(shown->string_or("reason", "")));
        continue;
      }
      print_out("{}\n  owner        {}{}{}\n  identity     {}\n  valid        {} until {}\n  fingerprint  {}\n",
                key->kid, report::visible(key->name), key->nation.empty() ? "" : ", ", key->nation, key->identity,
                key->valid_from, key->valid_until.empty() ? "revoked" : key->valid_until, stix::fingerprint(key->key));
      if (const stix::KeyRevocation* revocation = ring.revocation(kid)) {
        print_out("  REVOKED      {}: {}\n", revocation->revoked,
                  revocation->reason == stix::KeyRevocation::Reason::compromised ? "compromised" : "superseded");
      }
    }
  }
  return exit;
}

Result<void> revoke(const Arguments& arguments) {
  const std::string reason = arguments.value("--reason").value_or("");
  if (reason != "compromised" && reason != "superseded") {
    return failure(ErrorCode::usage, "'tocsin key revoke' needs --reason compromised or --reason superseded", {},
                   "compromised takes back everything that the key ever signed");
  }
  TRY(const std::string text, read_whole(arguments.positional[0], key_bytes_max));
  TRY(std::string passphrase, read_passphrase(arguments, "Passphrase of the key", false));
  auto secret = stix::read_secret_key(text, passphrase);
  trust::wipe(passphrase);
  if (!secret) {
    return std::unexpected(std::move(secret).error());
  }
  TRY(const std::string document,
      stix::write_key_revocation({secret->key.kid, arguments.value("--since").value_or(now()),
                                  reason == "compromised" ? stix::KeyRevocation::Reason::compromised
                                                          : stix::KeyRevocation::Reason::superseded},
                                 secret->seed));
  secret->seed.fill(0);
  write_out(document + "\n");
  return {};
}

int run_revoke(const Arguments& arguments) {
  const auto done = revoke(arguments);
  return done ? exit_nothing_found : report_error(done.error());
}

}  // namespace

extern const Command command_key_new;
const Command command_key_new = {
    .name = "key new",
    .doc = "Make a key with which an author signs",
    .about =
        "Makes an Ed25519 key for one identity. The secret goes to --out, sealed under a passphrase (Argon2id, "
        "XChaCha20-Poly1305), readable by its owner alone; a file that exists is never overwritten. The public "
        "document, "
        "signed by the key itself, goes to stdout: give it to whoever shall verify, and the fingerprint by another "
        "way.\n\nThe passphrase is asked for on the terminal, or taken from --passphrase-file or $TOCSIN_PASSPHRASE. "
        "Where there is none of them, a random one is written beside the key, and said so.",
    .example =
        "tocsin key new --identity identity--23faae7d-… --name 'CERT Example' --nation NO --out cert.key > cert.pub",
    .positional = "",
    .positional_min = 0,
    .options = {{"--identity", "ID", "The STIX identity that signs: created_by_ref of its objects"},
                {"--name", "NAME", "What people call the owner"},
                {"--nation", "CODE", "ISO 3166-1 code of the owner's nation"},
                {"--valid-from", "TIME", "Start of validity (default: now)"},
                {"--valid-until", "TIME", "End of validity (default: until it is revoked)"},
                {"--out", "FILE", "Where the secret goes"},
                passphrase_option()},
    .run = run_new,
};

extern const Command command_key_show;
const Command command_key_show = {
    .name = "key show",
    .doc = "Show keys and revocations, and check that they are whole",
    .about =
        "Reads public keys, revocations and secret keys (of which only the public part is looked at), one JSON "
        "document "
        "a line, verifies each document's own signature, and prints owner, validity and fingerprint.\n\nExit code 2 "
        "says "
        "that a document is wrong.",
    .example = "tocsin key show allies.pub",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {},
    .run = run_show,
};

extern const Command command_key_revoke;
const Command command_key_revoke = {
    .name = "key revoke",
    .doc = "Write the revocation of a key",
    .about =
        "Writes a revocation, signed by the key itself, to stdout. --reason superseded: what was signed before --since "
        "stays valid. --reason compromised: nothing that the key signed is believed any more, because whoever has the "
        "key can write any time into a signature.",
    .example = "tocsin key revoke --reason superseded cert.key > cert.revoked",
    .positional = "FILE",
    .positional_min = 1,
    .options = {{"--reason", "WHY", "compromised or superseded"},
                {"--since", "TIME", "From when on (default: now)"},
                passphrase_option()},
    .run = run_revoke,
};

}  // namespace tocsin::app
