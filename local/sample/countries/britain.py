"""People in the United Kingdom, who speak English."""

from local.sample.countries.country import City, Country, names

BRITAIN = Country(
    code="GB",
    language="en",
    language_name="English",
    zone="Europe/London",
    women=names("""
        Olivia Amelia Isla Ava Emily Grace Sophie Charlotte Margaret Susan Patricia Christine Helen Sarah
        Rebecca Chloë Zoë Siân Niamh Aoife Fatima Priya Aisha Yasmin Eleanor Harriet Florence Doreen Maureen
        Jean Joan Esther Renée Ngozi Wei
    """),
    men=names("""
        Oliver George Harry Noah Jack Arthur Leo Muhammad Thomas William James David John Peter Michael Alan
        Kenneth Derek Seán Rhys Hamish Callum Rajesh Imran Kwame Tariq Edward Frederick Stanley Ronald Colin
        Nigel Andrei Zoltán Ifan
    """),
    families=names("""
        Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker
        White Roberts Green Hall Wood Jackson Clarke Khan Hussain O'Brien O'Connor D'Arcy McDonald Campbell
        Stewart Murphy Singh Begum Ahmed Okafor Lewis-Hart Price Hughes Edwards Owusu Brontë
    """),
    second_family=0.0,
    streets=names("""
        Station_Road High_Street Church_Lane Victoria_Road Park_Avenue Mill_Lane The_Crescent Queen's_Road
        King_Street School_Lane Orchard_Close St_John's_Terrace
    """),
    street_line="{number} {street}",
    cities=(
        City("Leeds", None, "LS## #@@"),
        City("Manchester", None, "M## #@@"),
        City("Bristol", None, "BS## #@@"),
        City("Sheffield", None, "S## #@@"),
        City("Cardiff", None, "CF## #@@"),
        City("Edinburgh", None, "EH## #@@"),
        City("Norwich", None, "NR## #@@"),
        City("Bishop's Stortford", None, "CM## #@@"),
    ),
    clinic="{city} Health Centre {number}",
    visit="Follow-up visit",
    second_language=("es", "Español"),
)
