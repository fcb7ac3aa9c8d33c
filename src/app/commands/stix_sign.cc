// tocsin stix sign, stix attest and stix verify: author signatures of STIX objects, and attestations beside them.
#include <ctime>

#include "app/command.h"
#include "app/passphrase.h"
#include "app/standard_output.h"
#include "app/stix_files.h"
#include "app/whole_file.h"
#include "report/visible.h"
#include "stix/attestation.h"
#include "stix/secret_key.h"
#include "stix/signature.h"

namespace tocsin::app {
namespace {

constexpr std::size_t key_bytes_max = 65'536;
Result<int> sign(const Arguments& arguments) {
  TRY(const std::string text, read_whole(*arguments.value("--key"), key_bytes_max));
  TRY(std::string passphrase, read_passphrase(arguments, "Passphrase of the key", false));
  auto secret = stix::read_secret_key(text, passphrase);
  trust::wipe(passphrase);
  if (!secret) {
    return std::unexpected(std::move(secret).error());
  }
  const std::string at = rfc3339(Time::from_seconds(std::time(nullptr)));
  std::uint64_t done = 0;
  std::uint64_t left = 0;
  // Others' objects travel in the same bundle: they keep their bytes, and so their own signature.
  const auto sign_own = [&](const StixFile& file) -> Result<std::string> {
    std::string out;
    const char* copied = file.text.data();
    for (const StixFile::Item& item : file.objects) {
      TRY(const wire::Json object, wire::parse_json(item.bytes));
      const std::string_view by = object.string_or("created_by_ref", "");
      const bool own_identity = by.empty() && object.string_or("id", "") == secret->key.identity;
      if (by != secret->key.identity && !own_identity) {
        ++left;
        continue;
      }
      TRY(const std::string made, stix::sign_object(item.bytes, secret->key, secret->seed, at));
      out.append(copied, item.bytes.data()).append(made);
      copied = item.bytes.data() + item.bytes.size();
      ++done;
    }
    out.append(copied, file.text.data() + file.text.size());
    return out.ends_with('\n') ? out : out + "\n";
  };
  const auto file = read_stix_file(arguments.positional.empty() ? "-" : arguments.positional[0]);
  const auto out = file ? sign_own(*file) : std::unexpected(file.error());
  secret->seed.fill(0);
  if (!out) {
    return std::unexpected(out.error());
  }
  if (done == 0) {
    return failure(ErrorCode::usage, "no object here is by " + secret->key.identity, {},
                   "an author signs what names it as created_by_ref");
  }
  write_out(*out);
  message(fmt::format("{} signed, {} of others left as they are", done, left));
  return exit_nothing_found;
}

int run_sign(const Arguments& arguments) {
  if (!arguments.has("--key")) {
    return report_error({ErrorCode::usage, "'tocsin stix sign' needs --key FILE", {}, "'tocsin key new' makes one"});
  }
  const auto exit = sign(arguments);
  return exit ? *exit : report_error(exit.error());
}

Result<int> attest(const Arguments& arguments) {
  TRY(const std::string text, read_whole(*arguments.value("--key"), key_bytes_max));
  TRY(const StixFile file, read_stix_file(arguments.positional.empty() ? "-" : arguments.positional[0]));
  TRY(std::string passphrase, read_passphrase(arguments, "Passphrase of the key", false));
  auto secret = stix::read_secret_key(text, passphrase);
  trust::wipe(passphrase);
  if (!secret) {
    return std::unexpected(std::move(secret).error());
  }
  std::vector<std::string_view> objects;
  for (const StixFile::Item& item : file.objects) {
    objects.push_back(item.bytes);
  }
  // To the millisecond, as `created` and `modified` must be.
  std::string at = rfc3339(Time::from_seconds(std::time(nullptr)));
  at.insert(at.size() - 1, ".000");
  const auto made = stix::make_attestation(objects, secret->key, secret->seed, at);
  secret->seed.fill(0);
  if (!made) {
    return std::unexpected(made.error());
  }
  write_out(*made + "\n");
  message(fmt::format("vouches for {} objects as they stand", objects.size()));
  return exit_nothing_found;
}

int run_attest(const Arguments& arguments) {
  if (!arguments.has("--key")) {
    return report_error({ErrorCode::usage, "'tocsin stix attest' needs --key FILE", {}, "'tocsin key new' makes one"});
  }
  const auto exit = attest(arguments);
  return exit ? *exit : report_error(exit.error());
}

Result<void> read_keys(const Arguments& arguments, stix::KeyRing& ring) {
  for (const std::string& path : arguments.values("--keys")) {
    TRY(const File file, open_input(path));
    LineReader lines(file.get(), key_bytes_max);
    for (std::uint64_t number = 1; auto line = lines.next(); ++number) {
      auto added = *line ? ring.add(**line) : Result<void>(std::unexpected(line->error()));
      if (!added) {
        added.error().where.source = path;
        added.error().where.line = number;
        return added;
      }
    }
  }
  return {};
}

Result<int> verify(const Arguments& arguments) {
  stix::KeyRing ring;
  TRY_VOID(read_keys(arguments, ring));
  const bool json_lines = arguments.has("--jsonl");
  std::uint64_t counts[4] = {};
  std::uint64_t attested = 0;
  stix::Attestations attestations;
  const auto answer = [&](std::string_view bytes) {
    const stix::SignatureCheck check = stix::check_signature(bytes, ring);
    const bool bare = check.answer == stix::SignatureCheck::Answer::not_signed;
    const std::vector<stix::SignatureCheck> vouching = attestations.find(bytes);
    attested += bare && !vouching.empty();
    counts[static_cast<std::size_t>(check.answer)] += !bare || vouching.empty();
    const std::string_view word = bare && !vouching.empty() ? "attested" : stix::answer_text(check.answer);
    const auto object = wire::parse_json(bytes);
    const std::string_view id = object ? object->string_or("id", "") : std::string_view();
    if (json_lines) {
      std::string out;
      wire::JsonWriter json(out);
      json.begin_object().member("id", id).member("answer", word);
      for (const auto& [name, text] : {std::pair<std::string_view, std::string_view>("reason", check.reason),
                                       {"kid", check.kid},
                                       {"signed_at", check.signed_at},
                                       {"identity", check.key == nullptr ? std::string_view() : check.key->identity},
                                       {"name", check.key == nullptr ? std::string_view() : check.key->name}}) {
        if (!text.empty()) {
          json.member(name, text);
        }
      }
      if (!vouching.empty()) {
        json.key("attested_by").begin_array();
        for (const stix::SignatureCheck& each : vouching) {
          json.begin_object().member("identity", each.key->identity).member("name", each.key->name);
          json.member("kid", each.kid).member("signed_at", each.signed_at).end_object();
        }
        json.end_array();
      }
      json.end_object();
      write_out(out + "\n");
    } else if (check.answer == stix::SignatureCheck::Answer::valid) {
      print_out("valid        {}  by {}{}{} at {}\n", report::visible(id), report::visible(check.key->name),
                check.key->nation.empty() ? "" : ", ", check.key->nation, check.signed_at);
    } else if (word == "attested") {
      print_out("attested     {}  by {}{}{} at {}{}\n", report::visible(id), report::visible(vouching[0].key->name),
                vouching[0].key->nation.empty() ? "" : ", ", vouching[0].key->nation, vouching[0].signed_at,
                vouching.size() == 1 ? "" : fmt::format(" and {} more", vouching.size() - 1));
    } else {
      print_out("{:<12} {}  {}\n", word, report::visible(id), report::visible(check.reason));
    }
  };
  std::vector<StixFile> files;
  for (const std::string& path : arguments.positional) {
    TRY(StixFile file, read_stix_file(path));
    for (const StixFile::Item& item : file.objects) {
      const auto object = wire::parse_json(item.bytes);
      if (object && stix::is_attestation(object->string_or("type", ""))) {
        attestations.add(item.bytes, ring);
      }
    }
    files.push_back(std::move(file));
  }
  for (const StixFile& file : files) {
    for (const StixFile::Item& item : file.objects) {
      answer(item.bytes);
    }
  }
  if (!json_lines) {
    print_out("{} valid, {} not signed, {} by unknown keys, {} refused{}\n", counts[0], counts[1], counts[2], counts[3],
              attested == 0 ? "" : fmt::format(", {} attested", attested));
  }
  return counts[1] + counts[2] + counts[3] == 0 ? exit_nothing_found : exit_found;
}

int run_verify(const Arguments& arguments) {
  if (!arguments.has("--keys")) {
    return report_error({ErrorCode::usage,
                         "'tocsin stix verify' needs --keys FILE",
                         {},
                         "public keys and revocations, one a line, as 'tocsin key new' prints them"});
  }
  const auto exit = verify(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_stix_sign;
const Command command_stix_sign = {
    .name = "stix sign",
    .doc = "Sign the STIX objects of one author",
    .about =
        "Reads an object, a bundle, an array or JSON lines from FILE or stdin and writes the same with a signature in "
        "every object whose created_by_ref is the key's identity (and in that identity). The signature is a property "
        "extension over the canonical form (RFC 8785) of everything else in the object; it survives other tools that "
        "rewrite blanks, order and escapes. The digits of times and pattern_version are first written as such tools "
        "would write them. Objects of others are left as they are.",
    .example = "tocsin stix sign --key cert.key bundle.json > signed.json",
    .positional = "[FILE]",
    .positional_min = 0,
    .options = {{"--key", "FILE", "The author's secret key"}, passphrase_option()},
    .run = run_sign,
};

extern const Command command_stix_attest;
const Command command_stix_attest = {
    .name = "stix attest",
    .doc = "Vouch for STIX objects that bear no signature of yours",
    .about =
        "Writes one signed object of type attestation that names every object of FILE, or of stdin, with the digest of "
        "its canonical form (RFC 8785): for observables, which have no author, for what others left unsigned, and as a "
        "countersignature. The objects stay as they are. 'tocsin stix verify' says for what it finds an attestation.",
    .example = "tocsin stix attest --key cert.key bundle.json > attestation.json",
    .positional = "[FILE]",
    .positional_min = 0,
    .options = {{"--key", "FILE", "The secret key of whoever vouches"}, passphrase_option()},
    .run = run_attest,
};

extern const Command command_stix_verify;
const Command command_stix_verify = {
    .name = "stix verify",
    .doc = "Say who signed STIX objects, without a network",
    .about =
        "Judges the signature of every object: valid, not-signed (a claim of whoever sent it), unknown-key, or refused "
        "with the reason: changed, by another identity than created_by_ref says, outside of the key's validity, "
        "revoked. What is not signed but named in a valid attestation among the files is attested.\n\nExit code 0: "
        "every signature is valid, or its object attested; 1: some are not, or are not there; 2: a file or a key "
        "cannot "
        "be read.",
    .example = "tocsin stix verify --keys allies.pub signed.json",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {{"--keys", "FILE", "Public keys and revocations, one JSON document a line", true},
                {"--jsonl", "", "One JSON object for each answer"}},
    .run = run_verify,
};

}  // namespace tocsin::app
