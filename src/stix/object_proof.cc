#include "stix/object_proof.h"

#include <algorithm>

#include "base/text.h"
#include "stix/attestation.h"
#include "stix/limits.h"
#include "stix/object.h"
#include "stix/signature.h"
#include "trust/base64.h"
#include "trust/digest.h"
#include "trust/witness.h"

namespace tocsin::stix {
namespace {

constexpr std::string_view proof_kind = "c2sp.org/tlog-proof@v1";
constexpr std::string_view extra_kind = "tocsin-proof/v1";

std::unexpected<Error> malformed(std::string_view why) {
  return failure(ErrorCode::syntax, "this is no proof of an object: " + std::string(why), {},
                 "'tocsin proof make' writes them");
}

// The line "NAME value" without its newline, where it comes next.
std::optional<std::string_view> take(std::string_view& text, std::string_view name) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name) || name.size() >= end || text[name.size()] != ' ') {
    return {};
  }
  const std::string_view value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

bool take_exactly(std::string_view& text, std::string_view line) {
  if (!text.starts_with(line) || text.size() == line.size() || text[line.size()] != '\n') {
    return false;
  }
  text.remove_prefix(line.size() + 1);
  return true;
}

std::optional<std::uint64_t> number_of(std::optional<std::string_view> text) {
  const auto value = text && std::all_of(text->begin(), text->end(), ascii_digit) ? parse_uint64(*text) : std::nullopt;
  return value && std::to_string(*value) == *text ? value : std::nullopt;
}

Result<void> parse_extra(std::string_view extra, ObjectProof& out) {
  const auto salt = take_exactly(extra, extra_kind) ? take(extra, "salt") : std::nullopt;
  if (!salt || !trust::from_hex(*salt, out.salt) || trust::to_hex(out.salt) != *salt) {
    return malformed("its extra data is not of this kind");
  }
  while (const auto key = take(extra, "key")) {
    out.keys.emplace_back(*key);
  }
  while (const auto attestation = take(extra, "attestation")) {
    out.attestations.emplace_back(*attestation);
  }
  if (out.keys.size() + out.attestations.size() > limits::proof_documents_max) {
    return failure(ErrorCode::limit, "the proof has too many keys and attestations");
  }
  const auto size = number_of(take(extra, "object"));
  if (!size || *size != extra.size()) {
    return malformed("the object in it is cut, or more follows it");
  }
  out.object = std::string(extra);
  return {};
}

ProofCheck::Speaker speaker_of(const SignatureCheck& check, bool known, bool attestation) {
  return {check.key->identity, check.key->name, check.key->nation, check.key->kid, fingerprint(check.key->key),
          check.signed_at,     known,           attestation};
}

// Looks at one proof and gathers what it finds.
class Examination {
 public:
  Examination(const ObjectProof& proof, const ProofKeys& keys) : proof_(proof), keys_(keys) {}

  ProofCheck run() {
    read_object_header();
    read_enclosed_keys();
    const auto tree = look_at_checkpoint();
    look_at_author();
    look_at_attestations();
    out_.index = proof_.index;
    if (tree && proof_.index >= tree->size) {
      add(ProofFault::no_such_entry);
    } else if (tree) {
      const std::string entry = trust::log_entry(proof_.object, proof_.salt);
      if (!trust::verify_inclusion({proof_.index, trust::leaf_hash(entry)}, *tree, proof_.path)) {
        add(ProofFault::not_in_log);
      }
    }
    return std::move(out_);
  }

 private:
  void add(ProofFault fault, std::string about = {}) { out_.faults.push_back({fault, std::move(about)}); }

  void read_object_header() {
    const auto object = read_object(proof_.object);
    if (!object) {
      add(ProofFault::object_form);
      return;
    }
    out_.id = object->id;
    out_.type = object->type;
    out_.modified = object->modified;
    author_ = object->created_by_ref.empty() && object->type == "identity" ? object->id : object->created_by_ref;
  }

  // Keys that the proof brings: enough to see that a signature is one, not whose word to take.
  void read_enclosed_keys() {
    for (const std::string& document : proof_.keys) {
      if (!enclosed_.add(document)) {
        add(ProofFault::key_document);
      }
    }
  }

  std::optional<trust::TreeHead> look_at_checkpoint() {
    const auto note = trust::split_note(proof_.checkpoint);
    const auto text = note ? trust::parse_checkpoint(note->text) : Result<trust::Checkpoint>(std::unexpected(Error{}));
    trust::TreeHead head;
    if (!text || text->hash.size() != head.root.size()) {
      add(ProofFault::checkpoint_form);
      return {};
    }
    head.size = text->size;
    std::copy(text->hash.begin(), text->hash.end(), head.root.begin());
    out_.origin = text->origin;
    out_.size = text->size;
    // Given twice is given once: only two different keys of one name and hash are ambiguous.
    std::vector<trust::VerifierKey> logs;
    const auto believe = [&](const trust::VerifierKey& log) {
      if (std::none_of(logs.begin(), logs.end(), [&](const trust::VerifierKey& other) {
            return other.name == log.name && other.key == log.key;
          })) {
        logs.push_back(log);
      }
    };
    std::for_each(keys_.logs.begin(), keys_.logs.end(), believe);
    if (trust::is_key_name(text->origin)) {
      keys_.authors.each([&](const AuthorKey& key) {
        const KeyRevocation* revocation = keys_.authors.revocation(key.kid);
        if (revocation == nullptr || revocation->reason != KeyRevocation::Reason::compromised) {
          believe(trust::verifier_key(text->origin, key.key));
        }
      });
    }
    switch (trust::open_note(proof_.checkpoint, logs).verdict) {
      case trust::NoteVerdict::ok:
        break;
      case trust::NoteVerdict::invalid_signature:
        add(ProofFault::checkpoint_signature);
        break;
      case trust::NoteVerdict::malformed:
        add(ProofFault::checkpoint_form);
        break;
      case trust::NoteVerdict::ambiguous_key:
      case trust::NoteVerdict::unverified:
        add(ProofFault::checkpoint_unknown);
        break;
    }
    look_at_witnesses(*note);
    return head;
  }

  void look_at_witnesses(const trust::SplitNote& note) {
    const auto said = trust::check_cosignatures(note, keys_.witnesses);
    for (const trust::CosignerKey& witness : keys_.witnesses) {
      const auto found = std::find_if(said.begin(), said.end(), [&](const trust::Cosignature& each) {
        return each.key == witness.key && each.name == witness.name;
      });
      if (found == said.end()) {
        add(ProofFault::witness_missing, witness.name);
      } else if (!found->valid) {
        add(ProofFault::witness_signature, witness.name);
      } else {
        out_.witnesses.push_back({witness.name, found->seconds});
      }
    }
  }

  void look_at_author() {
    SignatureCheck check = check_signature(proof_.object, keys_.authors);
    const bool known = check.answer != SignatureCheck::Answer::unknown_key;
    if (!known) {
      bool knows_author = false;
      keys_.authors.each([&](const AuthorKey& key) { knows_author = knows_author || key.identity == author_; });
      if (knows_author) {
        add(ProofFault::author, "signed with key " + check.kid + ", which is none of those given for " + author_);
        return;
      }
      check = check_signature(proof_.object, enclosed_);
    }
    if (check.answer == SignatureCheck::Answer::valid) {
      out_.speakers.push_back(speaker_of(check, known, false));
    } else if (check.answer == SignatureCheck::Answer::refused) {
      add(ProofFault::author, check.reason);
    } else {
      out_.unknown_kid = check.kid;
    }
  }

  void look_at_attestations() {
    for (const std::string& attestation : proof_.attestations) {
      AttestationCheck check = check_attestation(attestation, proof_.object, keys_.authors);
      const bool known = check.signature.answer != SignatureCheck::Answer::unknown_key;
      if (!known) {
        check = check_attestation(attestation, proof_.object, enclosed_);
      }
      if (check.covers) {
        out_.speakers.push_back(speaker_of(check.signature, known, true));
      } else {
        add(ProofFault::attestation, check.reason);
      }
    }
  }

  const ObjectProof& proof_;
  const ProofKeys& keys_;
  KeyRing enclosed_;
  std::string author_;
  ProofCheck out_;
};

}  // namespace

std::string text_of(const ObjectProof& proof) {
  std::string extra = std::string(extra_kind) + "\nsalt " + trust::to_hex(proof.salt) + "\n";
  for (const std::string& key : proof.keys) {
    extra += "key " + key + "\n";
  }
  for (const std::string& attestation : proof.attestations) {
    extra += "attestation " + attestation + "\n";
  }
  extra += "object " + std::to_string(proof.object.size()) + "\n" + proof.object;
  return std::string(proof_kind) + "\nextra " + trust::to_base64(extra) + "\nindex " + std::to_string(proof.index) +
         "\n" + trust::proof_lines(proof.path) + proof.checkpoint;
}

Result<ObjectProof> parse_object_proof(std::string_view text) {
  if (text.size() > limits::proof_bytes_max) {
    return failure(ErrorCode::limit, "a proof is longer than 48 MiB");
  }
  if (!take_exactly(text, proof_kind)) {
    return malformed("it does not begin with " + std::string(proof_kind));
  }
  const auto base64 = take(text, "extra");
  const auto extra = base64 ? trust::from_base64(*base64) : std::nullopt;
  if (!extra) {
    return malformed("it has no extra data with the object");
  }
  ObjectProof out;
  TRY_VOID(parse_extra(*extra, out));
  const auto index = number_of(take(text, "index"));
  if (!index) {
    return malformed("it does not say which entry of the log it is");
  }
  out.index = *index;
  TRY(out.path, trust::parse_proof_lines(text, "the way from the entry to the root"));
  if (text.empty()) {
    return malformed("it has no checkpoint");
  }
  out.checkpoint = std::string(text);
  return out;
}

std::string_view code_of(ProofFault fault) {
  switch (fault) {
#define FAULT(name, code, text) \
  case ProofFault::name:        \
    return code;
#include "stix/proof_faults.def"
#undef FAULT
  }
  return "";
}

std::string_view text_of(ProofFault fault) {
  switch (fault) {
#define FAULT(name, code, text) \
  case ProofFault::name:        \
    return text;
#include "stix/proof_faults.def"
#undef FAULT
  }
  return "";
}

ProofCheck check_object_proof(const ObjectProof& proof, const ProofKeys& keys) {
  return Examination(proof, keys).run();
}

}  // namespace tocsin::stix
