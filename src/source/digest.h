// Sha256: the SHA-256 of bytes that come in parts; the room's door to OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tocsin::source {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  // 64 lower-case hexadecimal digits; once, at the end.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace tocsin::source
