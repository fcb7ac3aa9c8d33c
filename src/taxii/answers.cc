#include "taxii/answers.h"

#include "taxii/limits.h"
#include "wire/json.h"

namespace tocsin::taxii {

net::Response resource(int status, std::string json) {
  net::Response response;
  response.status = status;
  response.body = std::move(json);
  response.add("Content-Type", std::string(media_type));
  return response;
}

net::Response error_message(int status, std::string_view title, std::string_view description) {
  std::string json;
  wire::JsonWriter writer(json);
  writer.begin_object().member("title", title);
  if (!description.empty()) {
    writer.member("description", description.substr(0, limits::message_bytes_max));
  }
  writer.member("http_status", std::to_string(status)).end_object();
  return resource(status, std::move(json));
}

net::Response error_message(int status) {
  const std::string_view phrase = net::reason_phrase(status);
  return error_message(status, phrase.empty() ? "Error" : phrase);
}

}  // namespace tocsin::taxii
