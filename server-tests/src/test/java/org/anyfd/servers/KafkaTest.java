package org.anyfd.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A Kafka broker with its controller, a producer and a consumer of a group. */
@ExtendWith(OpenFiles.class)
class KafkaTest {
    private static final String TOPIC = "topic";
    private static final int RECORDS = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @Test
    void recordsAreProducedAndConsumed() throws Exception {
        try (KafkaBroker broker = new KafkaBroker()) {
            produce(broker.address());
            consume(broker.address());
            broker.assertOnAnyFd();
        }
    }

    private static void produce(String address) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", address, "linger.ms", 0, "acks", "all");
        try (var producer = new KafkaProducer<>(config, new IntegerSerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < RECORDS; i++) {
                sent.add(producer.send(new ProducerRecord<>(TOPIC, i, HttpLoad.body(i))));
            }
            for (Future<RecordMetadata> one : sent) {
                one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            AnyFd.assertUsedBy(1, producer);
        }
    }

    private static void consume(String address) {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", address, "group.id", "group", "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(config, new IntegerDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(Set.of(TOPIC));
            Map<Integer, byte[]> received = new TreeMap<>();
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (received.size() < RECORDS) {
                assertFalse(System.nanoTime() - deadline > 0, "received only " + received.size());
                for (ConsumerRecord<Integer, byte[]> one : consumer.poll(Duration.ofSeconds(1))) {
                    assertEquals(null, received.put(one.key(), one.value()), "record " + one.key() + " came before");
                }
            }
            received.forEach((number, value) -> assertArrayEquals(HttpLoad.body(number), value, "record " + number));
            AnyFd.assertUsedBy(1, consumer);
        }
    }
}
