// The raw parse to compare with: walks every value of every JSON line of a file with simdjson, and says how many it
// met.
#include <simdjson.h>

#include <chrono>
#include <cstdio>

namespace {

// An explicit stack, as deep as simdjson allows documents to be.
std::size_t walk(simdjson::dom::element root, std::vector<simdjson::dom::element>& stack) {
  std::size_t bytes = 0;
  stack.assign(1, root);
  while (!stack.empty()) {
    const simdjson::dom::element element = stack.back();
    stack.pop_back();
    switch (element.type()) {
      case simdjson::dom::element_type::OBJECT:
        for (const auto field : simdjson::dom::object(element)) {
          bytes += field.key.size();
          stack.push_back(field.value);
        }
        break;
      case simdjson::dom::element_type::ARRAY:
        for (const simdjson::dom::element item : simdjson::dom::array(element)) {
          stack.push_back(item);
        }
        break;
      case simdjson::dom::element_type::STRING:
        bytes += std::string_view(element).size();
        break;
      default:
        ++bytes;
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t events = 0, values = 0, bytes = 0;
  std::vector<simdjson::dom::element> stack;
  for (int i = 1; i < argc; ++i) {
    simdjson::dom::parser parser;
    const simdjson::padded_string text = simdjson::padded_string::load(argv[i]);
    simdjson::dom::document_stream stream = parser.parse_many(text, 1 << 20);
    bytes += text.size();
    for (simdjson::dom::element document : stream) {
      values += walk(document, stack);
      ++events;
    }
  }
  std::printf("{\"events\":%zu,\"value_bytes\":%zu,\"bytes\":%zu}\n", events, values, bytes);
}
