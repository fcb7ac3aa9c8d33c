// Legal basis: on what ground in law somebody says that an option or a measure stands, and the questions that the form
// asks for it. Answers are recorded; nothing is concluded from them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tocsin::council {

struct LegalQuestion {
  std::string_view basis;
  std::string_view code;
  std::string_view words;
};
struct LegalBasis {
  std::string_view code;
  std::string_view title;
};

std::span<const LegalBasis> legal_bases();
// Null where there is none of this code.
const LegalBasis* find_legal_basis(std::string_view code);
// Of all bases, in order.
std::span<const LegalQuestion> legal_questions();
// "countermeasure, necessity…": all codes.
std::string legal_basis_codes();

}  // namespace tocsin::council
