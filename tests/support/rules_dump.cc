// Prints the rules of Sigma files, one JSON object a line, for tests/pysigma_compare.py: rules_dump [--text] FILE…
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "rules/dump.h"
#include "rules/sigma.h"

int main(int argc, char** argv) {
  const bool text = argc > 1 && std::string_view(argv[1]) == "--text";
  tocsin::rules::SigmaLoader loader;
  for (int i = text ? 2 : 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "%s cannot be read\n", argv[i]);
      return 2;
    }
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    loader.add(argv[i], bytes);
  }
  const tocsin::rules::RuleSet set = std::move(loader).finish();
  if (text) {
    std::fputs(dump(set).c_str(), stdout);
    return 0;
  }
  for (const tocsin::rules::Rule& rule : set.rules) {
    std::puts(dump_json(rule).c_str());
  }
  return 0;
}
