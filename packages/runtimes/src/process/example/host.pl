use strict;
use warnings;
use JSON::PP;

open(my $wire, '+<&=', 3) or die "descriptor 3: $!";

sub take {
    my ($length) = @_;
    my $bytes = '';
    sysread($wire, $bytes, $length - length $bytes, length $bytes) or exit while length $bytes < $length;
    return $bytes;
}

sub give {
    my ($type, $id, $meta, $body, $flags, $code) = @_;
    my $bytes = pack('CCvVVV', $type, $flags, $code, $id, length $meta, length $body) . $meta . $body;
    substr($bytes, 0, syswrite($wire, $bytes) // exit) = '' while length $bytes;
}

sub handler {
    my ($event, $body) = @_;
    utf8::encode(my $path = $event->()->{path});
    return (200, 'text/plain', "hello $path$body");
}

while (1) {
    my ($type, $flags, $code, $id, $meta_length, $body_length) = unpack('CCvVVV', take(16));
    my ($meta, $body) = (take($meta_length), take($body_length));
    if ($type == 1) {
        give(32, 0, '{"protocol":1,"concurrency":1}', '', 0, 0);
    } elsif ($type == 2) {
        my ($status, $content_type, $answer) = eval { handler(sub { decode_json($meta) }, $body) };
        if ($@) { give(35, $id, encode_json({ message => "$@" }), '', 0, 0) }
        else { give(34, $id, $content_type, $answer, 8, $status) }
    } elsif ($type == 6) {
        give(41, $id, '', '', 0, 0);
    } elsif ($type == 7) {
        last;
    }
}
