import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.util.Base64;

/**
 * Prints the private key of a PKCS12 store as PEM, which keytool cannot: for the app's own TLS.
 *
 * make-secrets.ts runs this file as it is (`java ExportKey.java STORE ALIAS`); the password stands in STORE_PASSWORD.
 */
public final class ExportKey {
  public static void main(String[] args) throws Exception {
    char[] password = System.getenv("STORE_PASSWORD").toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = new FileInputStream(args[0])) {
      store.load(in, password);
    }
    byte[] key = store.getKey(args[1], password).getEncoded();
    System.out.println("-----BEGIN PRIVATE KEY-----");
    System.out.println(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key));
    System.out.println("-----END PRIVATE KEY-----");
  }
}
