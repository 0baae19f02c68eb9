"""People in Sweden, who speak Swedish."""

from local.sample.countries.country import City, Country, names

SWEDEN = Country(
    code="SE",
    language="sv-SE",
    language_name="Svenska",
    zone="Europe/Stockholm",
    women=names("""
        Anna Eva Karin Kristina Birgitta Elisabeth Ingrid Maria Lena Sara Emma Kerstin Marianne Malin Jenny
        Åsa Hanna Linnéa Ulla Elin Ebba Astrid Alva Märta Görel Maj-Britt Ann-Sofie Frida Josefin Klara Signe
        Tuva Wilma Åse Siv
    """),
    men=names("""
        Lars Anders Johan Per Mikael Erik Karl Jan Peter Thomas Fredrik Daniel Hans Andreas Björn Göran Mats
        Jörgen Håkan Gösta Sören Åke Emil Oskar Viktor Axel Hugo Elias Nils Torbjörn Karl-Johan Sven Mårten
        Pär Östen
    """),
    families=names("""
        Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Pettersson
        Jonsson Jansson Hansson Bengtsson Jönsson Lindberg Jakobsson Magnusson Lindström Lindqvist Axelsson
        Bergström Lundgren Mattsson Berglund Fredriksson Sandberg Sjöberg Öberg Åström Hägglund Nyström
        Åkesson Björk Söderlund Håkansson Ljungqvist Lövgren Älvros
    """),
    second_family=0.06,
    streets=names("""
        Storgatan Kyrkogatan Skolgatan Järnvägsgatan Drottninggatan Kungsgatan Björkvägen Ängsvägen Sjövägen
        Granvägen Östra_Hamngatan Västra_Ringvägen
    """),
    street_line="{street} {number}",
    cities=(
        City("Stockholm", None, "11# ##"),
        City("Göteborg", None, "41# ##"),
        City("Malmö", None, "21# ##"),
        City("Uppsala", None, "75# ##"),
        City("Västerås", None, "72# ##"),
        City("Umeå", None, "90# ##"),
        City("Örebro", None, "70# ##"),
        City("Jönköping", None, "55# ##"),
    ),
    clinic="Vårdcentralen {city} {number}",
    visit="Återbesök",
    second_language=("en", "English"),
)
