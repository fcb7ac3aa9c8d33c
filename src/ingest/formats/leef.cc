// leef: IBM QRadar Log Event Extended Format 1.0 and 2.0, one message a line, with or without a syslog header.
// https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components
//
// How a message becomes fields is told in text/cef_message.h.
#include "ingest/text/cef_message.h"
#include "ingest/text/enveloped_message.h"

namespace tocsin::ingest {

extern const Format format_leef;
const Format format_leef = {
    .name = "leef",
    .doc = "IBM QRadar Log Event Extended Format",
    .spec = "https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components",
    .unit = Unit::line,
    .recognise = recognise_enveloped<find_leef>,
    .open = open_lines,
    .decoder = make_line_decoder<EnvelopedReader<LeefMessage, find_leef>>,
};

}  // namespace tocsin::ingest
