#include "exchange/message.h"

#include <algorithm>

#include "exchange/limits.h"
#include "trust/base64.h"

namespace tocsin::exchange {
namespace {

constexpr std::string_view name = "tocsin-exchange/1";
constexpr std::size_t kid_bytes = 32;
constexpr std::size_t signature_bytes = 88;
constexpr std::size_t head_bytes = name.size() + 1 + kid_bytes + 1 + signature_bytes + 1;

std::string signed_text(std::string_view body) {
  std::string out(name);
  out += '\n';
  out += body;
  return out;
}

}  // namespace

std::string seal_message(std::string_view body, const Signer& signer) {
  const trust::Ed25519Signature signature = trust::ed25519_sign(signed_text(body), signer.seed);
  std::string out(name);
  out += ' ';
  out += signer.kid;
  out += ' ';
  out += trust::to_base64(std::span<const std::uint8_t>(signature));
  out += '\n';
  out += body;
  return out;
}

std::string_view claimed_sender(std::string_view message) {
  if (message.size() < head_bytes || !message.starts_with(name) || message[name.size()] != ' ' ||
      message[name.size() + 1 + kid_bytes] != ' ' || message[head_bytes - 1] != '\n') {
    return {};
  }
  return message.substr(name.size() + 1, kid_bytes);
}

Result<Opened> open_message(std::string_view message,
                            const std::function<std::optional<trust::Ed25519Key>(std::string_view)>& key_of) {
  if (message.size() > limits::message_bytes_max) {
    return failure(ErrorCode::limit, "the message is too long");
  }
  const std::string_view kid = claimed_sender(message);
  if (kid.empty()) {
    return failure(ErrorCode::syntax, "it is no message between nodes");
  }
  const auto key = key_of(kid);
  if (!key) {
    return failure(ErrorCode::not_found, "the sender is not known");
  }
  const auto decoded = trust::from_base64(message.substr(name.size() + 2 + kid_bytes, signature_bytes));
  trust::Ed25519Signature signature;
  if (!decoded || decoded->size() != signature.size()) {
    return failure(ErrorCode::damaged, "the signature of the message does not hold");
  }
  std::ranges::copy(*decoded, signature.begin());
  const std::string_view body = message.substr(head_bytes);
  if (!trust::ed25519_verify(signed_text(body), signature, *key)) {
    return failure(ErrorCode::damaged, "the signature of the message does not hold");
  }
  return Opened{kid, body};
}

}  // namespace tocsin::exchange
