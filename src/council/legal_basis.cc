#include "council/legal_basis.h"

#include <algorithm>
#include <array>

namespace tocsin::council {
namespace {

constexpr std::array bases{
#define BASIS(code, title) LegalBasis{code, title},
#define QUESTION(basis, code, words)
#include "council/legal_bases.def"
#undef BASIS
#undef QUESTION
};
constexpr std::array questions{
#define BASIS(code, title)
#define QUESTION(basis, code, words) LegalQuestion{basis, code, words},
#include "council/legal_bases.def"
#undef BASIS
#undef QUESTION
};

}  // namespace

std::span<const LegalBasis> legal_bases() { return bases; }
std::span<const LegalQuestion> legal_questions() { return questions; }

const LegalBasis* find_legal_basis(std::string_view code) {
  const auto* const found = std::ranges::find(bases, code, &LegalBasis::code);
  return found == bases.end() ? nullptr : found;
}

std::string legal_basis_codes() {
  std::string out;
  for (const LegalBasis& basis : bases) {
    out += (out.empty() ? "" : ", ") + std::string(basis.code);
  }
  return out;
}

}  // namespace tocsin::council
