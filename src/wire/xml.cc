#include "wire/xml.h"

#include <expat.h>

#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/limits.h"

namespace tocsin::wire {

struct XmlParser::Impl {
  XML_Parser parser = nullptr;
  XmlHandler* handler = nullptr;
  std::size_t depth = 0;
  const char* refused = nullptr;  // why we stopped it
  std::vector<XmlAttribute> attributes;

  static void start(void* self, const XML_Char* name, const XML_Char** attributes) {
    auto& impl = *static_cast<Impl*>(self);
    if (++impl.depth > limits::nesting_max) {
      impl.stop("elements are nested too deeply");
      return;
    }
    impl.attributes.clear();
    for (; attributes[0] != nullptr; attributes += 2) {
      impl.attributes.push_back({attributes[0], attributes[1]});
    }
    impl.handler->start_element(name, impl.attributes);
  }
  static void end(void* self, const XML_Char* name) {
    auto& impl = *static_cast<Impl*>(self);
    --impl.depth;
    // The end of <name/> is told without bytes of its own.
    impl.handler->end_element(name, XML_GetCurrentByteCount(impl.parser) == 0);
  }
  static void text(void* self, const XML_Char* text, int length) {
    static_cast<Impl*>(self)->handler->text({text, static_cast<std::size_t>(length)});
  }
  static void document_type(void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    static_cast<Impl*>(self)->stop("document types are not accepted");
  }
  void stop(const char* why) {
    refused = why;
    XML_StopParser(parser, XML_FALSE);
  }
};

XmlParser::XmlParser() : impl_(std::make_unique<Impl>()) {
  impl_->parser = XML_ParserCreate("UTF-8");
  check(impl_->parser != nullptr, "memory for an XML parser");
}

XmlParser::~XmlParser() { XML_ParserFree(impl_->parser); }

Result<void> XmlParser::parse(std::string_view document, XmlHandler& handler) {
  if (document.size() > limits::record_bytes_max) {
    return failure(ErrorCode::limit, "the XML document is too long");
  }
  Impl& impl = *impl_;
  XML_ParserReset(impl.parser, "UTF-8");
  XML_SetUserData(impl.parser, &impl);
  // Else expat asks the system for a random salt for every document. Few names fit into one, so that a known salt would
  // do little harm; this one differs from run to run all the same.
  XML_SetHashSalt(impl.parser, reinterpret_cast<std::uintptr_t>(&impl) | 1U);
  XML_SetElementHandler(impl.parser, Impl::start, Impl::end);
  XML_SetCharacterDataHandler(impl.parser, Impl::text);
  XML_SetStartDoctypeDeclHandler(impl.parser, Impl::document_type);
  XML_SetParamEntityParsing(impl.parser, XML_PARAM_ENTITY_PARSING_NEVER);
  impl.handler = &handler;
  impl.depth = 0;
  impl.refused = nullptr;
  if (XML_Parse(impl.parser, document.data(), static_cast<int>(document.size()), XML_TRUE) == XML_STATUS_OK) {
    return {};
  }
  Where where;
  where.line = XML_GetCurrentLineNumber(impl.parser);
  where.column = XML_GetCurrentColumnNumber(impl.parser) + 1;
  where.offset = static_cast<std::uint64_t>(XML_GetCurrentByteIndex(impl.parser));
  return failure(ErrorCode::syntax,
                 impl.refused != nullptr ? impl.refused : XML_ErrorString(XML_GetErrorCode(impl.parser)), where);
}

}  // namespace tocsin::wire
