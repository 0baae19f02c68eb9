"""Which names are spoken of as one, and which words beside a name are none (UN-6).

Our own list, of English, German, French, Spanish and Italian use. Each line is a name and its other forms; a
form of several names is given to the first that claims it.
"""

_FORMS = """
abigail abby abbie abi gail
abraham abe bram
adelaide addie ada
agnes aggie nessie
albert bert bertie al
alexander alex alec alek xander sandro lex
alexandra alexa sandra lexi lexie sascha
alfred alf alfie fred
alice ali allie
alison ally allison
amanda mandy manda
amelia amy millie emmy
andrew andy drew andre andreas
angela angie angy
anna ann anne annie anni anja annette ana
anthony tony ant antony antonio
antonia toni
archibald archie
arthur art artie
barbara barb babs barbie babette
benedict ben benedikt
benjamin benny benji benjy
bernard bernie bernhard
bertha berta
bradley brad
bridget biddy bridie brigitte
calvin cal
cameron cam
caroline carrie caro carolyn carolina
casey kc
catherine cathy cath kathy kate katie kath katherine
catherine kathryn katharine cathryn kathleen kat kitty katrin katharina
cecilia cissy celia cecily
charles charlie chuck chas karl carl carlos
charlotte lottie lotte charley
christina tina chrissy christine kristina kirsten tine
christopher chris kit topher christoph kristof
clara clare claire klara
clifford cliff
constance connie
cornelius neil con
cynthia cindy
daniel dan danny
daniela danielle dani
david dave davy davey
deborah debbie deb debra
dennis denny denis
diana di diane dianne
dominic dom nic
donald don donnie
dolores lola loli
dorothy dot dottie dolly dora dorothea
douglas doug
edmund ed ned eddie
edward ted teddy eduard
eleanor ellie nell nora eleanora elinor
elizabeth liz lizzie beth betty bess eliza lisa libby betsy elisabeth elsie lisbeth liesel elisabetta
ellen nelly helen helena elena
emily em emmie emilia
emma emmi
eric rick erik erich
ernest ernie ernst
esther essie
eugene gene eugen
evelyn evie eve
florence flo flossie
frances fran fanny francesca franziska franzi
francis frank frankie franz francisco francesco paco
frederick freddie freddy fritz friedrich frederic
gabriel gabe
gabrielle gabby gabi gaby
geoffrey geoff jeff jeffrey jeffery
george georgie jorg georg giorgio jorge
georgina gina georgia
gerald gerry
gerard gerd gerhard
gertrude gertie trudy trude
gilbert gil
giovanni gianni
giuseppe beppe peppe
gregory greg gregor
guillermo memo
gwendolyn gwen
hannah hanna hanne
harold hal harry
harriet hattie
heinrich heinz heiner
henry hank hal henri enrico enrique
herbert herb
hubert hugh hugo huey
ignatius iggy nacho ignacio
isaac ike zac
isabella bella izzy isobel isabel isabelle
jacob jake jakob
jacqueline jackie jacqui
james jim jimmy jamie jem jaime
jane janie janey jenny
janet jan jeanette
jason jay
jennifer jen jenn jennie
jeremy jem jerry jeremiah
jessica jess jessie
joan joanie joni
joanna jo joanne
john johnny jon jack jock johann johannes hans juan jean ivan
jonathan jonny johnathan
joseph joe joey josef jose pepe
josephine josie jo josefine
joshua josh
judith judy jude jutta
julia julie giulia
julian jules
karen kaz karin
kenneth ken kenny
kimberly kim kimberley
laura laurie lori
lawrence larry laurence lorenz lorenzo lars
leonard len lenny leo leon leonhard leonardo
leslie les lesley
lillian lil lily lilly
louis lou lewis ludwig louie luis luigi
louise lulu luise luisa
lucy lucinda lucie lucia
luke lucas lukas luca
lydia lyddie
madeleine maddy maddie madeline magdalena lena
manuel manolo manny emanuel emmanuel
marcus marc mark marco markus marcos
margaret maggie mags mairead meg peg peggy marge
margaret margie rita greta gretel margarete margarita daisy madge marguerite
maria mary marie molly polly mia mimi maria maryam
martha marty matty
martin marty martino
matilda tilly mathilda
matthew matt matty matthias mateo matteo mathieu
maureen mo
maurice morris moritz
maxwell max maximilian
melanie mel
melissa missy lissa
mercedes merche
michael mike mick mickey micky mitch michel michele miguel mikey
michaela micha michelle shelly
mildred milly
mohammed mohamed muhammad mohammad mohamad mehmet md mo
nancy nan
natalie nat nattie natasha natalia
nathaniel nate nathan
nicholas nick nicky nico nicolas nikolaus klaus nicola
nicole nikki nicky nicolette
norman norm
oliver ollie olli olivier
olivia liv livvy
oscar ozzy
oswald ossie
pamela pam
patricia pat patty tricia trish patsy
patrick paddy rick patricio
paul paulie paolo pablo
pauline paula polly
penelope penny
peter pete petey pedro pietro pierre
philip phil phillip pip felipe philippe
philippa pippa
rachel rach rae
raymond ray raimund
rebecca becky becca beck rebekah
reginald reg reggie
richard dick ricky rich rick richie ricardo riccardo
robert bob bobby rob robbie bert roberto
roberta bobbie
roderick rod roddy
roger rodge rodger rudiger
roland rolly roly
ronald ron ronnie
rosario charo
rosemary rosie romy
rose rosa rosina
rudolf rudi rudolph rudy
rupert ruprecht
russell russ rusty
ruth ruthie
samantha sam sammie
samuel sammy
sarah sally sadie sara
sebastian seb basti bastian
sharon shaz
sidney sid sydney
silvia sylvia sylvie
simon si
solomon sol
sophia sophie sofia sofie
stanley stan
stephanie steph steffi stefanie
stephen steve steven stevie stefan stephan steffen esteban etienne
stuart stu stewart
susan sue suze sukie susie suzie susanne suzanne suzy susannah susanna susi
sylvester syl
tabitha tabby
tamara tammy
teresa terry tess tessa theresa terri therese tracy
terence terry terrence
theodore theo
thomas tom tommy thom tomas tommaso
timothy tim timmy
tobias toby tobi
ursula ulla uschi
valerie val
veronica vera ronnie vroni
victor vic viktor
victoria vicky vickie tori vikki viktoria
vincent vince vinnie vincenzo vicente
virginia ginny
vivian viv
walter wally walt walther
wilhelmina mina minnie
william bill wills billy will willy willie liam wilhelm guillaume willi
winifred winnie freda
yvonne vonnie
zachary zach zac zack
"""

_TITLES = """
mr mrs ms miss mx master sir madam dame lord lady dr doctor prof professor rev reverend fr father sister
capt captain col colonel maj major lt lieutenant sgt hon judge herr frau fraulein hr monsieur madame
mademoiselle mme mlle senor senora senorita sra srta dona signor signora sig dipl ing mag phd
dds dmd rn np esq obe mbe cbe
"""
TITLES = frozenset(_TITLES.split())
"""Words before and after a name, left out where another word remains.

*Junior* and *senior* are not among them: they tell a father from his son.
"""


def _variants() -> dict[str, str]:
    """Give for each form its name; the first line to claim a form keeps it, and a name stands for itself."""
    lines = [line.split() for line in _FORMS.split("\n") if line.strip()]
    names = {line[0]: line[0] for line in lines}
    for name, *forms in lines:
        for form in forms:
            names.setdefault(form, name)
    return names


VARIANTS = _variants()
